"""The program behind rsyslog's omprog: `rsyslog-hec.py URL TOKEN_FILE`; says OK when a transaction is acknowledged."""

import http.client
import json
import sys
import time
from urllib.parse import urlsplit

PATH = "/services/collector/event"
# Shorter than confirmTimeout in rsyslog.conf.
PATIENCE_SECONDS = 100


def envelope(line):
    """HEC's form of a line: an object stays what it is, everything else is a text."""
    try:
        is_object = isinstance(json.loads(line), dict)
    except ValueError:
        is_object = False
    return '{"event":' + (line if is_object else json.dumps(line)) + "}"


def main(url, token_file):
    with open(token_file, encoding="utf-8") as file:
        headers = {"Authorization": "Splunk " + file.read().strip(), "Content-Type": "application/json"}
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=60)

    def attempt(body):
        """None when it is acknowledged, else why not."""
        try:
            connection.request("POST", PATH, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            return repr(error)
        return None if answer.status == 200 else f"{answer.status} {text!r}"

    def post(lines):
        """Tries again for a while: rsyslog itself would send each line of what failed alone."""
        body = "\n".join(map(envelope, lines)).encode()
        end = time.monotonic() + PATIENCE_SECONDS
        while lines and (why := attempt(body)):
            if time.monotonic() > end:
                return f"Error: {why}"
            time.sleep(1)
        return "OK"

    def say(text):
        print(text, flush=True)

    lines = []
    say("OK")
    for line in map(lambda line: line.rstrip("\n"), sys.stdin):
        if line == "BEGIN TRANSACTION":
            lines = []
            say("OK")
        elif line == "COMMIT TRANSACTION":
            say(post(lines))
        else:
            lines.append(line)
            say("DEFER_COMMIT")


if __name__ == "__main__":
    main(*sys.argv[1:])
