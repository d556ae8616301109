"""pipelines.py BIN ROOT YAML_JSON: the four pipeline files, run as their services would.

In a copy of the repository with stand-ins for docker, gcloud, aws, kubectl and curl, which note that
they ran: all of them run after a change that breaks nobody, none after one that does. Files with the
mistakes that would let one run are seen to fail, so that these rules do find them.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

from services import SERVICES

BIN, ROOT, YAML_JSON = (os.path.abspath(path) for path in sys.argv[1:4])
TOOLS = ("docker", "gcloud", "aws", "kubectl", "curl")
# There is no C in the copy, which takes long to build: verification is a stand-in, and the consumer's
# tests have its stub say what products listens to.
COMMANDS = {
    "PARLEY_VERIFY_COMMAND": "true",
    "PARLEY_TEST_COMMAND": '[ -z "${PARLEY_STUB:-}" ] || for event in order_placed order_cancelled; do '
                           '"$PARLEY" stub trigger $event --at "$PARLEY_STUB_HTTP" || exit; done',
}
# What each file runs when all went well, by the first two words.
DELIVERS = {
    "cloudbuild.yaml": ["docker build", "docker push", "gcloud storage", "gcloud run"],
    "buildspec.yml": ["aws ecr", "docker login", "docker build", "docker push", "aws s3",
                      "kubectl set"],
    "github.yml": ["actions/upload-artifact@v4", "docker build", "docker push", "kubectl set"],
    "gitlab-ci.yml": ["docker build", "docker push", "curl --fail", "kubectl set"],
}
# FILE, TEXT, WITH: a mistake, by which something is delivered after a failure.
MISTAKES = [
    ("cloudbuild.yaml", "entrypoint: ci/provider\n    args: ['${_SERVICE}']",
     "entrypoint: bash\n    args: [-c, 'ci/provider ${_SERVICE} || true']"),
    ("buildspec.yml", "phases:\n  pre_build:\n    on-failure: ABORT", "phases:\n  build:"),
    ("github.yml", "needs: contracts\n    if: github.ref == 'refs/heads/main'",
     "needs: contracts\n    if: always()"),
    ("github.yml", "      - uses: actions/upload-artifact@v4",
     "      - uses: actions/upload-artifact@v4\n        if: always()"),
    ("gitlab-ci.yml", "stage: deploy\n  image", "stage: deploy\n  when: always\n  image"),
    ("gitlab-ci.yml", "stage: image\n  image", "stage: image\n  when: on_failure\n  image"),
]


class Run:
    """One run of a pipeline in FOLDER after a push of COMMITS: what it printed and delivered."""

    def __init__(self, folder, tools, commits):
        self.folder, self.tools, self.output = folder, tools, ""
        self.notes = os.path.join(tools, "notes")
        open(self.notes, "w").close()
        self.commit, self.before = (git(folder, "rev-parse", name)
                                    for name in ("HEAD", f"HEAD~{commits}"))

    def note(self, text):
        with open(self.notes, "a", encoding="utf-8") as file:
            file.write(text + "\n")

    def step(self, words, environment):
        environment = {**os.environ, **environment, **COMMANDS, "PARLEY": BIN + "/parley",
                       "PATH": self.tools + ":" + os.environ["PATH"], "NOTES": self.notes,
                       "GIT_CONFIG_GLOBAL": os.path.join(self.tools, "gitconfig")}
        if "/" in words[0]:
            words[0] = os.path.join(self.folder, words[0])
        done = subprocess.run(words, cwd=self.folder, env=environment, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.output += done.stdout
        return done.returncode

    def delivered(self):
        with open(self.notes, encoding="utf-8") as file:
            return [" ".join(line.split()[:2]) for line in file]


def git(folder, *words):
    done = subprocess.run(["git", "-C", folder, "-c", "user.name=test", "-c", "user.email=test",
                           "-c", "commit.gpgsign=false", *words], check=True, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return done.stdout.strip()


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def replace(path, text, by):
    before = read(path)
    if text not in before:
        raise SystemExit(f"{path}: there is no {text!r} to replace")
    write(path, before.replace(text, by, 1))


def make_tools(folder):
    os.mkdir(folder)
    for tool in TOOLS:
        path = os.path.join(folder, tool)
        write(path, f'#!/bin/sh\necho {tool} "$@" >>"$NOTES"\n')
        os.chmod(path, 0o755)


def make_repository(work):
    """Contracts and protos in two commits on main, with an origin."""
    origin, folder = os.path.join(work, "origin"), os.path.join(work, "repository")
    os.mkdir(folder)
    for name in ("proto", "contracts", "ci"):
        shutil.copytree(os.path.join(ROOT, name), os.path.join(folder, name))
    for name in ("parley.yaml", "CODEOWNERS"):
        shutil.copy(os.path.join(ROOT, name), folder)
    git(folder, "init", "-b", "main")
    for change in ("first", "second"):
        write(os.path.join(folder, "README.md"), change)
        git(folder, "add", ".")
        git(folder, "commit", "-m", change)
    git(work, "clone", "--bare", folder, origin)
    git(folder, "remote", "add", "origin", origin)
    return folder


def run(name, folder, tools, path=None, commits=1):
    document = json.loads(subprocess.run([YAML_JSON, path or f"{ROOT}/ci/pipelines/{name}"],
                                         check=True, stdout=subprocess.PIPE).stdout)
    shutil.rmtree(os.path.join(folder, "published"), ignore_errors=True)
    one = Run(folder, tools, commits)
    SERVICES[name](document, one)
    return one


def expect(name, what, right, one):
    if not right:
        raise SystemExit(f"{name}: {what}; it delivered {one.delivered()}\n{one.output}")


def follow_rename(folder):
    """With this commit alone there is nothing that blocks: what it lacks was broken before it."""
    for consumer in ("orders", "ui"):
        path = f"{folder}/contracts/mall.products.v1/mall.{consumer}.yaml"
        write(path, read(path).replace(" name: !", " title: !"))


def main():
    with tempfile.TemporaryDirectory() as work:
        tools = os.path.join(work, "tools")
        make_tools(tools)
        folder = make_repository(work)
        for name in SERVICES:
            one = run(name, folder, tools)
            expect(name, "a change that breaks nobody is delivered",
                   sorted(one.delivered()) == sorted(DELIVERS[name]), one)
        replace(f"{folder}/proto/mall/products/v1/products.proto", "string name = 2",
                "string title = 2")
        git(folder, "commit", "-a", "-m", "products: a product has a title")
        for name in SERVICES:
            one = run(name, folder, tools)
            expect(name, "nothing is delivered after a break", one.delivered() == [], one)
            expect(name, "the log says whom it breaks", "used by mall.orders: " in one.output, one)
            expect(name, "the log says where it ended", "failed at breaking, exit 11" in one.output,
                   one)
        for name, text, by in MISTAKES:
            path = os.path.join(work, name)
            shutil.copy(f"{ROOT}/ci/pipelines/{name}", path)
            replace(path, text, by)
            if name == "buildspec.yml": # what came after pre_build comes after build
                replace(path, "  build:\n    on-failure: ABORT", "  post_build:")
            one = run(name, folder, tools, path)
            expect(name, "the mistake is found", one.delivered() != [], one)
        follow_rename(folder)
        git(folder, "commit", "-a", "-m", "contracts follow, in the same push")
        for name in SERVICES.keys() - {"cloudbuild.yaml"}: # which does not say what was before
            one = run(name, folder, tools, commits=2)
            expect(name, "nothing is delivered after a push with a break", one.delivered() == [],
                   one)


main()
