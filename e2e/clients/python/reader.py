"""A program that reads an object once, and again and again until a file is there, by boto3, the AWS CLI or rclone.

    reader.py boto3|awscli|rclone ENDPOINT BUCKET KEY STOP

Region and credentials come from where the client finds them by itself. boto3 and rclone are one client for the whole time, the
AWS CLI is a new process for each read. It prints how many reads went well, how many did not, and the first error, as one line
of JSON.
"""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request

PAUSE = 0.2
PATIENCE = 20


def boto3_reader(endpoint, bucket, key):
    import boto3

    client = boto3.client("s3", endpoint_url=endpoint)
    return lambda: client.get_object(Bucket=bucket, Key=key)["Body"].read(), lambda: None


def awscli_reader(endpoint, bucket, key):
    command = ["/usr/bin/aws", "--endpoint-url", endpoint, "s3", "cp", f"s3://{bucket}/{key}", "-"]

    def read():
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"aws ended with {done.returncode}: {done.stderr.strip()}")

    return read, lambda: None


def rclone_reader(endpoint, bucket, key):
    """rclone serves a folder of the bucket by HTTP and keeps nothing of it: a read here is a read there."""
    folder, name = os.path.split(key)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    log = open(os.path.join(os.environ["TMPDIR"], "rclone.log"), "w+")
    server = subprocess.Popen(
        ["/usr/bin/rclone", "serve", "http", "--addr", address, "--read-only", "--dir-cache-time", "0s",
         "--vfs-cache-mode", "off", "--low-level-retries", "1", "--config", "/dev/null",
         "--s3-provider", "Minio", "--s3-env-auth", "--s3-endpoint", endpoint, "--s3-region", "us-east-1",
         f":s3:{bucket}/{folder}"],
        stdout=log, stderr=log)
    for _ in range(PATIENCE * 10):
        try:
            socket.create_connection(tuple(address.split(":"))).close()
            break
        except OSError:
            if server.poll() is not None:
                break
            time.sleep(0.1)

    def read():
        try:
            with urllib.request.urlopen(f"http://{address}/{name}", timeout=PATIENCE) as answer:
                answer.read()
        except OSError as error:
            log.seek(0)
            raise RuntimeError(f"{error}; rclone wrote: {log.read().strip()[-500:]}") from error

    def close():
        server.terminate()
        server.wait()

    return read, close


READERS = {"boto3": boto3_reader, "awscli": awscli_reader, "rclone": rclone_reader}


def main(client, endpoint, bucket, key, stop):
    tally = {"reads": 0, "failures": 0, "error": ""}
    read, close = READERS[client](endpoint, bucket, key)
    while True:
        try:
            read()
            tally["reads"] += 1
        except Exception as error:  # whatever it is, it is a read that failed
            tally["failures"] += 1
            tally["error"] = tally["error"] or time.strftime("%H:%M:%S ") + str(error)
        if os.path.exists(stop):
            break
        time.sleep(PAUSE)
    close()
    print(json.dumps(tally))


if __name__ == "__main__":
    main(*sys.argv[1:])
