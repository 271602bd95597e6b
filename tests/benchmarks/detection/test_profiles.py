from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.detection.profiles import write_profile
from benchmarks.detection.trials import SHAPES, Trial
from config.load import load
from config.profile import Profile

ENVIRONMENT = {
    "TARGET_URL": "ws://127.0.0.1:1/ws", "TARGET_HTTP_URL": "http://127.0.0.1:1", "TARGET_AUTH_URL": "http://127.0.0.1:2",
    "AUTH_SERVICE_KEY": "key-of-nothing", "TARGET_JWT_SECRET": "secret-of-nothing", "REDIS_URL": "redis://127.0.0.1:3/0",
    "POSTGRES_URL": "postgresql://127.0.0.1:4/x",
}  # fmt: skip


def profile_of(trial: Trial, folder: Path) -> Profile:
    write_profile(trial, folder / "profile.toml")
    return load(folder / "profile.toml", ENVIRONMENT)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_the_profile_of_every_shape_is_a_good_one(shape: object, tmp_path: Path) -> None:
    trial = next(Trial("x", (), 1, 1, 7, each) for each in SHAPES if each is shape)
    workload = profile_of(trial, tmp_path).workload
    assert workload.seed == 7
    for key, value in trial.shape.workload.items():
        if key != "mix":
            assert getattr(workload, key) == value


def test_a_mix_leaves_out_what_it_does_not_name(tmp_path: Path) -> None:
    shape = next(each for each in SHAPES if each.name == "trespassers")
    mix = profile_of(Trial("x", (), 1, 1, 1, shape), tmp_path).workload.mix
    assert (mix.agent, mix.trespassing, mix.state, mix.roving, mix.listening) == (1, 4, 0, 0, 0)


def test_limits_and_stores_are_those_of_the_reference_profile(tmp_path: Path) -> None:
    profile = profile_of(Trial("x", (), 1, 1, 1), tmp_path)
    assert profile.stores.redis is not None
    assert profile.stores.postgres is not None
    assert profile.thresholds.recall == 0.99
