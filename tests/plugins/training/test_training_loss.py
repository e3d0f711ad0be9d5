"""The loss of a training step against the same written out by hand, in float64, one sample at a time."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch")

from animorch_diffusers.training.batch import Batch  # noqa: E402
from animorch_diffusers.training.chance import Chance  # noqa: E402
from animorch_diffusers.training.loss import weighed, weights  # noqa: E402
from animorch_diffusers.training.noise import Noise  # noqa: E402

from animorch import UsageError  # noqa: E402


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


def test_times_cover_the_schedule_evenly_and_each_step_has_one_of_every_part() -> None:
    noise = Noise.of("linear", 0.00085, 0.012, "epsilon")
    steps = [Chance.of(5, Batch(number, 4, 4), (1,), "cpu") for number in range(2000)]
    drawn = torch.stack([noise.timesteps(chance.times) for chance in steps])
    assert int(drawn.min()) < 5
    assert int(drawn.max()) > 994
    assert torch.histc(drawn.float(), 10, 0, 1000).std() < 60
    assert all(torch.equal(row // 250, torch.arange(4)) for row in drawn)


def test_chance_is_the_same_however_the_samples_are_cut_into_batches() -> None:
    whole = Chance.of(5, Batch(3, 8, 8), (2, 3), "cpu")
    parts = [Chance.of(5, Batch(number, 4, 8), (2, 3), "cpu") for number in (6, 7)]
    for kind in ("times", "noise", "drops"):
        assert torch.equal(getattr(whole, kind), torch.cat([getattr(part, kind) for part in parts]))
    assert not torch.equal(whole.noise[0], whole.noise[1])


@pytest.mark.parametrize("schedule", ["linear", "scaled_linear", "squaredcos_cap_v2"])
def test_a_schedule_without_signal_at_the_end_is_that_of_diffusers(schedule: str) -> None:
    from diffusers import DDIMScheduler

    told = {"beta_schedule": schedule, "beta_start": 0.00085, "beta_end": 0.012}
    for zero_snr in (False, True):
        theirs = DDIMScheduler(**told, rescale_betas_zero_snr=zero_snr).alphas_cumprod
        ours = Noise.of(schedule, 0.00085, 0.012, "v_prediction", zero_snr).alphas
        assert torch.allclose(ours, theirs, atol=2e-5)
    assert ours[-1] == 0


def test_min_snr_stays_finite_where_there_is_no_signal() -> None:
    last = torch.tensor([999, 0])
    of_v = Noise.of("linear", 0.00085, 0.012, "v_prediction", zero_snr=True)
    assert torch.isfinite(weights(last, of_v, 5.0)).all()
    of_noise = Noise(of_v.alphas, "epsilon")
    assert weights(last, of_noise, 5.0)[0] == 1  # the limit of min(SNR, gamma) / SNR


def test_a_schedule_without_signal_is_refused_for_epsilon() -> None:
    with pytest.raises(UsageError, match="set prediction=v_prediction"):
        Noise.of("linear", 0.00085, 0.012, "epsilon", zero_snr=True)


def test_a_shift_moves_timesteps_to_the_noisier_ones_and_keeps_the_ends() -> None:
    times = torch.tensor([0.0, 0.25, 0.5, 0.75, 0.9999])
    plain, moved = (
        Noise.of("linear", 0.00085, 0.012, "epsilon", shift=shift).timesteps(times) for shift in (1.0, 2.0)
    )
    assert plain.tolist() == [0, 250, 500, 750, 999]
    assert moved.tolist() == [0, 400, 666, 857, 999]
