"""Sends a file's events with PyPI's splunk-hec-handler: each is an object in `event`, in a request of its own."""

import json
import logging
import os
import time

import requests
from splunk_hec_handler import SplunkHecHandler

handler = SplunkHecHandler(
    os.environ["HEC_HOST"],
    os.environ["HEC_TOKEN"],
    port=os.environ["HEC_PORT"],
    proto=os.environ.get("HEC_PROTOCOL", "https"),
    # Without this a member `log_level` stands in every event.
    empty_body=True,
)
logger = logging.getLogger("audit")
logger.setLevel(logging.INFO)
logger.addHandler(handler)
with open(os.environ["AUDIT_FILE"], encoding="utf-8") as lines:
    for line in lines:
        # The handler tries once and raises.
        while True:
            try:
                logger.info(json.loads(line))
                break
            except requests.exceptions.RequestException:
                time.sleep(1)
