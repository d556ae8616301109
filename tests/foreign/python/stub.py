"""A stub of a provider while a test runs; nothing here knows of the weather."""

import json
import os
import subprocess
import urllib.request


class Stub:
    """ARGUMENTS are those of `parley stub`. The command is PARLEY of the environment."""

    def __init__(self, *arguments):
        command = [os.environ.get("PARLEY", "parley"), "--json", "stub", *arguments]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        line = self._process.stdout.readline()
        ready = json.loads(line or "{}")
        if "ready" not in ready:  # the findings, where a contract is wrong
            raise RuntimeError(f"no stub: {line or 'see above'}")
        self.grpc, self._http = ready["grpc"], ready["http"]

    def trigger(self, name, **values):
        """Publishes the event of a contract, with other VALUES."""
        self._ask(f"triggers/{name}", json.dumps(values).encode())

    def unused(self):
        """The names of the contracts that nothing has reached."""
        return [contract["name"] for contract in self._ask("unused")["unused"]]

    def stop(self):
        self._process.terminate()
        self._process.communicate()

    def _ask(self, path, body=None):
        with urllib.request.urlopen(f"http://{self._http}/__parley/{path}", body, 10) as answer:
            return json.load(answer)
