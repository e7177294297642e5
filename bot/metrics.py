"""What Prometheus may ask: counted here, served by ``bot.status``."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()

_ACKNOWLEDGED = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_SECONDS = (0.05, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 60.0, 120.0, 300.0)

UPDATES = Counter(
    "hyperbridge_updates", "Updates from Telegram, by what became of them.", ["outcome"], registry=REGISTRY
)
ACCEPTING = Histogram(
    "hyperbridge_accepting_seconds", "From an update's arrival until it is on disk.", buckets=_ACKNOWLEDGED,
    registry=REGISTRY,
)  # fmt: skip
JOBS = Counter("hyperbridge_jobs", "Jobs, by how they ended.", ["outcome"], registry=REGISTRY)
JOB_SECONDS = Histogram(
    "hyperbridge_job_seconds", "From a job's acceptance to its end.", ["lane"], buckets=_SECONDS,
    registry=REGISTRY,
)  # fmt: skip
QUEUE = Gauge("hyperbridge_queue_length", "Jobs that wait for their turn.", registry=REGISTRY)
RUNNING = Gauge("hyperbridge_jobs_running", "Jobs at work.", registry=REGISTRY)
FIRST_TOKEN = Histogram(
    "hyperbridge_first_token_seconds", "From the request for a text to its first token.", buckets=_SECONDS,
    registry=REGISTRY,
)  # fmt: skip
TOKENS = Counter("hyperbridge_tokens", "Tokens that were written, in all candidates.", registry=REGISTRY)
ERRORS = Counter("hyperbridge_errors", "Faults, by where they came from.", ["kind"], registry=REGISTRY)
FLOOD_WAITS = Counter(
    "hyperbridge_flood_waits", "Times that Telegram asked the bot to wait.", registry=REGISTRY
)
FLOOD_WAIT_SECONDS = Counter(
    "hyperbridge_flood_wait_seconds", "Seconds that Telegram asked the bot to wait.", registry=REGISTRY
)
