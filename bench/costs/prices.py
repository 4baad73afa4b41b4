"""List prices of us-east-1 in US dollars, without free tiers. Look them up before you budget."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

HOURS: Final = 730
"""Hours of a month, as AWS reckons."""
_AWS: Final = "2025-06"


@dataclass(frozen=True)
class Price:
    """A price: dollars for a unit, the page that lists it, and the month in which it was known."""

    dollars: float
    unit: str
    page: str
    known: str = _AWS


@dataclass(frozen=True)
class Prices:
    """All prices; replace those that have changed."""

    cluster: Price = Price(0.10, "cluster hour", "Amazon EKS")
    general_node: Price = Price(0.096, "m6i.large hour", "Amazon EC2 On-Demand")
    encoder_node: Price = Price(0.096, "m6i.large hour", "Amazon EC2 On-Demand")
    encoder_node_spot: Price = Price(0.04, "m6i.large hour, varies", "Amazon EC2 Spot")
    disk: Price = Price(0.08, "GB month of gp3", "Amazon EBS")
    load_balancer: Price = Price(0.0225, "ALB hour", "Elastic Load Balancing")
    load_balancer_unit: Price = Price(0.008, "LCU hour", "Elastic Load Balancing")
    nat: Price = Price(0.045, "NAT gateway hour", "Amazon VPC")
    nat_traffic: Price = Price(0.045, "GB through NAT", "Amazon VPC")
    address: Price = Price(0.005, "public IPv4 hour", "Amazon VPC")
    alarm: Price = Price(0.10, "alarm month", "Amazon CloudWatch")
    logs: Price = Price(0.50, "GB of logs", "Amazon CloudWatch")
    images: Price = Price(0.10, "GB month of images", "Amazon ECR")
    sqs: Price = Price(0.40e-6, "request", "Amazon SQS")
    sns: Price = Price(0.50e-6, "publish, to SQS free", "Amazon SNS")
    dynamodb_write: Price = Price(0.625e-6, "write request unit", "Amazon DynamoDB on-demand")
    dynamodb_read: Price = Price(0.125e-6, "read request unit", "Amazon DynamoDB on-demand")
    s3_write: Price = Price(5e-6, "PUT, COPY, POST or LIST", "Amazon S3")
    s3_read: Price = Price(0.4e-6, "GET, HEAD and the like", "Amazon S3")
    s3_standard: Price = Price(0.023, "GB month, Standard", "Amazon S3")
    s3_instant: Price = Price(0.004, "GB month, Glacier Instant Retrieval", "Amazon S3")
    s3_transition: Price = Price(20e-6, "transition to Glacier Instant Retrieval", "Amazon S3")
    lambda_gb_second: Price = Price(1.66667e-5, "GB second", "AWS Lambda")
    transition: Price = Price(25e-6, "state transition", "AWS Step Functions")
    transcribe: Price = Price(0.024, "minute, first 250,000", "Amazon Transcribe")
    transcribe_more: Price = Price(0.015, "minute, next 750,000", "Amazon Transcribe")
    cdn_traffic: Price = Price(0.085, "GB delivered, first 10 TB", "Amazon CloudFront")
    mux_stored: Price = Price(0.0024, "minute month up to 720p, basic", "Mux Video", "2026-05")
    mux_delivered: Price = Price(0.0008, "minute delivered up to 720p", "Mux Video", "2026-05")
    cloudflare_stored: Price = Price(0.005, "minute month", "Cloudflare Stream", "2026-07")
    cloudflare_delivered: Price = Price(0.001, "minute delivered", "Cloudflare Stream", "2026-07")

    def all(self) -> Iterator[Price]:
        """Yield every price."""
        for field in fields(self):
            yield getattr(self, field.name)


LISTED: Final = Prices()
