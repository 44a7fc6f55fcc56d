// Sends a file's events with npm's splunk-logging: each is an object in `event`.
"use strict";

const fs = require("fs");
const { Logger } = require("splunk-logging");

const logger = new Logger({
  token: process.env.HEC_TOKEN,
  url: process.env.HEC_URL,
  // It sends when it is told to, below.
  maxBatchCount: 0,
});
// In place of {"message": …, "severity": …}.
logger.eventFormatter = (message) => message;
logger.error = (error) => console.error(String(error));

const lines = fs.readFileSync(process.env.AUDIT_FILE, "utf8").split("\n").filter((line) => line);

// The logger forgets a batch that is answered with another status, so it is kept here until it is acknowledged.
const post = (batch) => {
  if (batch.length === 0) return;
  for (const line of batch) logger.send({ message: JSON.parse(line) });
  logger.flush((error, response) => {
    const isTaken = !error && response.statusCode === 200;
    if (isTaken) post(lines.splice(0, 500));
    else setTimeout(post, 1000, batch);
  });
};
post(lines.splice(0, 500));
