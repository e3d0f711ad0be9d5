"""The loss of a training step against the same written out by hand, in float64, one sample at a time."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch")

from animorch_diffusers.training.loss import weighed  # noqa: E402
from animorch_diffusers.training.noise import Noise  # noqa: E402


def alpha(t: int, schedule: str) -> float:
    """The product of 1 - beta up to t, betas as diffusers names their courses."""
    first, last, product = 0.00085, 0.012, 1.0
    for step in range(t + 1):
        share = step / 999
        beta = first + (last - first) * share
        if schedule == "scaled_linear":
            beta = (math.sqrt(first) + (math.sqrt(last) - math.sqrt(first)) * share) ** 2
        product *= 1 - beta
    return product


@pytest.mark.parametrize(
    ("t", "schedule", "golden"),
    [
        (0, "linear", 0.999150),
        (499, "linear", 0.161812),
        (999, "linear", 0.001579),
        (499, "scaled_linear", 0.277670),
    ],
)
def test_alphas_are_the_published_ones(t: int, schedule: str, golden: float) -> None:
    noise = Noise.of(schedule, 0.00085, 0.012, "epsilon")
    assert float(noise.alphas[t]) == pytest.approx(golden, abs=1e-6)
    assert alpha(t, schedule) == pytest.approx(golden, abs=1e-6)


@pytest.mark.parametrize("gamma", [None, 5.0, 1.0])
@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
@pytest.mark.parametrize("schedule", ["linear", "scaled_linear"])
def test_the_loss_is_the_one_written_out(schedule: str, prediction: str, gamma: float | None) -> None:
    torch.manual_seed(0)
    noise = Noise.of(schedule, 0.00085, 0.012, prediction)
    clean, chance, answer = (torch.randn(5, 4, 3, 2, 2) for _ in range(3))
    times = [0, 17, 400, 731, 999]
    found = weighed(
        answer, noise.target(clean, chance, torch.tensor(times)), torch.tensor(times), noise, gamma
    )

    total = 0.0
    for sample, t in enumerate(times):
        a = alpha(t, schedule)
        snr, wrong, count = a / (1 - a), 0.0, 0
        values = zip(
            clean[sample].flatten().tolist(),
            chance[sample].flatten().tolist(),
            answer[sample].flatten().tolist(),
            strict=True,
        )
        for picture, drawn, said in values:
            wanted = drawn if prediction == "epsilon" else math.sqrt(a) * drawn - math.sqrt(1 - a) * picture
            wrong, count = wrong + (said - wanted) ** 2, count + 1
        weight = 1.0
        if gamma is not None:
            weight = min(snr, gamma) / (snr if prediction == "epsilon" else snr + 1)
        total += weight * wrong / count
    assert float(found) == pytest.approx(total / len(times), rel=2e-5)


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
def test_noise_and_target_are_those_of_diffusers(prediction: str) -> None:
    diffusers = pytest.importorskip("diffusers")
    scheduler = diffusers.DDPMScheduler(beta_schedule="linear", beta_start=0.00085, beta_end=0.012)
    noise = Noise.of("linear", 0.00085, 0.012, prediction)
    clean, chance, times = torch.randn(3, 4, 2, 2), torch.randn(3, 4, 2, 2), torch.tensor([3, 500, 999])
    assert torch.allclose(
        noise.noised(clean, chance, times), scheduler.add_noise(clean, chance, times), atol=1e-5
    )
    wanted = chance if prediction == "epsilon" else scheduler.get_velocity(clean, chance, times)
    assert torch.allclose(noise.target(clean, chance, times), wanted, atol=1e-5)


def test_min_snr_weighs_the_clean_picture_alike_for_both_predictions() -> None:
    """An error of the noise, told as one of v, costs the same."""
    times = torch.tensor([40, 300, 900])
    clean, chance, wrong = (torch.randn(3, 4, 2, 2) for _ in range(3))
    of_noise, of_v = (Noise.of("linear", 0.00085, 0.012, kind) for kind in ("epsilon", "v_prediction"))
    signal = of_noise.alphas[times].sqrt().view(-1, 1, 1, 1)
    first = weighed(chance + wrong, of_noise.target(clean, chance, times), times, of_noise, 5.0)
    second = weighed(
        of_v.target(clean, chance, times) + wrong / signal,
        of_v.target(clean, chance, times),
        times,
        of_v,
        5.0,
    )
    assert float(first) == pytest.approx(float(second), rel=1e-4)


def test_timesteps_cover_the_range_evenly() -> None:
    torch.manual_seed(1)
    noise = Noise.of("linear", 0.00085, 0.012, "epsilon")
    drawn = torch.cat([noise.timesteps(4) for _ in range(2000)])
    assert int(drawn.min()) < 5
    assert int(drawn.max()) > 994
    assert torch.histc(drawn.float(), 10, 0, 1000).std() < 60
