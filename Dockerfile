# One image for everything: the swarm's master and workers, and the reference target's services.
FROM python:3.11-slim

# Another package index, if the build needs one. The image's history keeps these: no address with a password.
ARG PIP_INDEX_URL
ARG UV_DEFAULT_INDEX

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1

RUN useradd --system --uid 10001 --no-create-home --home-dir /app swarm
WORKDIR /app

# The environment is in the folder where a checkout has it, so that the scripts run here too.
COPY requirements.txt requirements-uv.txt ./
RUN python -m venv .venv \
    && .venv/bin/python -m pip install --quiet --require-hashes --requirement requirements-uv.txt \
    && .venv/bin/python -m uv pip sync --no-cache --compile-bytecode --python .venv/bin/python \
        --require-hashes requirements.txt

COPY . .

# A named volume takes over the owner of the folder it covers.
RUN mkdir -p runs && chown swarm runs

USER swarm
ENV PATH=/app/.venv/bin:$PATH
CMD ["python", "-m", "locust", "--version"]
