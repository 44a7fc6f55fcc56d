"""Sends a file's lines with PyPI's splunk-handler: each is a text in `event`, and what is said of it goes into `fields`."""

import logging
import os

from splunk_handler import SplunkHandler

handler = SplunkHandler(
    host=os.environ["HEC_HOST"],
    port=os.environ["HEC_PORT"],
    protocol=os.environ.get("HEC_PROTOCOL", "https"),
    token=os.environ["HEC_TOKEN"],
    index="main",
    source="audit",
    flush_interval=1.0,
    # Wait for room in the queue: the default throws away what does not fit.
    force_keep_ahead=True,
    retry_count=100,
    retry_backoff=0.5,
)
logger = logging.getLogger("audit")
logger.setLevel(logging.INFO)
logger.addHandler(handler)
with open(os.environ["AUDIT_FILE"], encoding="utf-8") as lines:
    for line in lines:
        logger.info(line.rstrip("\n"))
