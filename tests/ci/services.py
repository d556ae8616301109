"""How four services run a pipeline file: in which order, and what does not run after a failure.

Each function takes the document and a Run, and calls run.step for what would run. What a function
does not know is an error, so that no file is tested by rules that are not its own.
"""
import re


class Unknown(Exception):
    """The file says something that these rules do not cover."""


def only(mapping, *known):
    for key in mapping:
        if key not in known:
            raise Unknown(f"'{key}' is not known here; known are {', '.join(known)}")


def cloud_build(document, run):
    """Steps in order, as there is no waitFor; the first failure ends the build."""
    only(document, "steps", "substitutions")
    values = dict(document["substitutions"], COMMIT_SHA=run.commit)

    def fill(text):
        return re.sub(r"\$\{?(_[A-Z_]+|COMMIT_SHA)\}?", lambda m: values[m[1]], text)

    for step in document["steps"]:
        only(step, "id", "name", "entrypoint", "args", "env")
        fill(step["name"])
        environment = dict(fill(pair).split("=", 1) for pair in step.get("env", []))
        words = [fill(word) for word in [step["entrypoint"], *step["args"]]]
        if run.step(words, environment) != 0:
            return


def code_build(document, run):
    """Phases in order. A failing command ends its phase. Where install or pre_build fails, nothing
    follows. Where build fails, post_build runs all the same, unless on-failure is ABORT; and what
    post_build ends with, artifacts are uploaded."""
    only(document, "version", "env", "phases", "artifacts")
    only(document["env"], "shell", "variables")
    environment = dict(document["env"]["variables"], CODEBUILD_RESOLVED_SOURCE_VERSION=run.commit,
                       CODEBUILD_WEBHOOK_HEAD_REF="refs/heads/main",
                       CODEBUILD_WEBHOOK_PREV_COMMIT=run.before)
    failed = False
    for name in ("install", "pre_build", "build", "post_build"):
        phase = document["phases"].get(name)
        if not phase or (failed and name != "post_build"):
            continue
        only(phase, "on-failure", "commands")
        aborts = phase.get("on-failure") == "ABORT"
        if "on-failure" in phase and not aborts:
            raise Unknown(f"on-failure: {phase['on-failure']} is not known here")
        for command in phase["commands"]:
            if run.step(["bash", "-c", command], environment) != 0:
                if aborts or name in ("install", "pre_build"):
                    return
                failed = True
                break
    if "artifacts" in document:
        run.note("uploads artifacts")


def github(document, run):
    """Jobs after those they need, if these passed; steps until one fails. `if: always()` runs."""
    only(document, "name", "on", "permissions", "env", "jobs")
    expressions = {
        "github.ref == 'refs/heads/main'": True,
        "github.event_name == 'push' && github.event.before || ''": run.before,
        "vars.PARLEY_ACCEPT": "",
        "vars.BUILDER": "builder",
    }

    def fill(text):
        return re.sub(r"\$\{\{ (.*?) \}\}", lambda m: expressions[m[1]], text)

    passed = {}
    for name, job in document["jobs"].items():
        only(job, "runs-on", "container", "env", "steps", "needs", "if")
        always = job.get("if") == "always()"
        if "if" in job and not always and not expressions[job["if"]]: # success() is understood
            continue
        if "needs" in job and not passed.get(job["needs"]) and not always:
            continue
        environment = {**document["env"], **job.get("env", {}), "GITHUB_SHA": run.commit,
                       "GITHUB_WORKSPACE": run.folder}
        environment = {key: fill(text) for key, text in environment.items()}
        passed[name] = True
        for step in job["steps"]:
            only(step, "uses", "run", "with", "if")
            if step.get("if", "always()") != "always()":
                raise Unknown(f"if: {step['if']} is not known here")
            if not passed[name] and "if" not in step:
                continue
            if "uses" in step:
                if not step["uses"].startswith("actions/checkout@"):
                    run.note(step["uses"])
            elif run.step(["bash", "-e", "-c", step["run"]], environment) != 0:
                passed[name] = False


def gitlab(document, run):
    """Stages in order, none after one that failed; the script of a job until a command fails. The
    first rule that matches takes a job in; where none does, it is left out."""
    conditions = {"$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH": True,
                  '$CI_PIPELINE_SOURCE == "merge_request_event"': False}
    given = {"CI_COMMIT_BEFORE_SHA": run.before, "CI_COMMIT_SHA": run.commit, "CI_JOB_TOKEN": "t",
             "CI_API_V4_URL": "http://localhost", "CI_PROJECT_ID": "1"}
    keys = ("stages", "variables", "workflow")
    # Names that are no jobs, and here no settings of all jobs either.
    reserved = ("image", "services", "before_script", "after_script", "cache", "include", "default")
    jobs = {name: job for name, job in document.items() if name not in keys}
    for name in jobs:
        if name in reserved:
            raise Unknown(f"'{name}' is no name for a job")
    failed = False
    for stage in document["stages"]:
        ended = failed
        for job in jobs.values():
            only(job, "stage", "image", "variables", "script", "artifacts", "rules", "when")
            when = job.get("when", "on_success")
            if when not in ("on_success", "on_failure", "always"):
                raise Unknown(f"when: {when} is not known here")
            if job["stage"] != stage or (when != "always" and ended != (when == "on_failure")):
                continue
            for rule in job.get("rules", []):
                only(rule, "if")
            if "rules" in job and not any(conditions[rule["if"]] for rule in job["rules"]):
                continue
            environment = {**given, **document["variables"], **job.get("variables", {})}
            script = "\n".join(job["script"])
            if run.step(["bash", "-e", "-c", script], environment) != 0:
                failed = True


SERVICES = {"cloudbuild.yaml": cloud_build, "buildspec.yml": code_build, "github.yml": github,
            "gitlab-ci.yml": gitlab}
