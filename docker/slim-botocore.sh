#!/bin/sh
# Remove the models of the AWS services that mentor-upload never calls. Usage: slim-botocore.sh VENV
#
# botocore describes some 400 services; six are called. What is missing shows at once: a client of a
# service without its model cannot be made.
set -eu
packages=$("$1/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
for data in "$packages/botocore/data" "$packages/boto3/data"; do
    for model in "$data"/*/; do
        case $(basename "$model") in
            dynamodb | s3 | sns | sqs | sts | transcribe) ;;
            *) rm -r "$model" ;;
        esac
    done
done
