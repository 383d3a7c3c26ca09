"""What the pictures of `vae` show is what they were given, and the words say the same."""

import numpy as np
import pytest
from scipy.stats import chi

from explorer.figures import vae, vae_words
from explorer.models.geometry import way

RNG = np.random.default_rng(3)


def traces(figure) -> list[dict]:
    return [trace.to_plotly_json() for trace in figure.data]


def guess() -> tuple:
    mean, std = np.array([0.7, -1.1]), np.array([0.05, 0.2])
    z1, z2 = mean[0] + np.linspace(-0.25, 0.25, 21), mean[1] + np.linspace(-1, 1, 21)
    density = RNG.random((21, 21))
    return mean, std, z1, z2, density, mean + std * RNG.normal(size=(9, 2))


def test_guess_draws_the_posterior_the_ellipses_and_the_draws():
    mean, std, z1, z2, density, samples = guess()
    figure = vae.guess(mean, std, z1, z2, density, samples, vae.Terms(-150.0, 6.0, -151.5))
    contour = next(trace for trace in traces(figure) if trace["type"] == "contour")
    np.testing.assert_allclose(contour["z"], density / density.max(), rtol=1e-6)
    np.testing.assert_allclose(contour["x"], z1, rtol=1e-6)
    rings = [t for t in traces(figure) if t.get("mode") == "lines" and len(t["x"]) == 73]
    for radius, ring in zip((1, 2), rings, strict=True):
        scaled = ((ring["x"] - mean[0]) / std[0]) ** 2 + ((ring["y"] - mean[1]) / std[1]) ** 2
        np.testing.assert_allclose(scaled, radius**2, rtol=1e-5)
    diamonds = next(t for t in traces(figure) if t.get("mode") == "markers")
    assert diamonds["marker"]["symbol"] == "diamond-open"
    np.testing.assert_allclose(np.stack([diamonds["x"], diamonds["y"]], 1), samples, rtol=1e-6)


@pytest.mark.parametrize("terms", [vae.Terms(-150, 6, -151.5), vae.Terms(-80.0, 0.0, -79.2)])
def test_the_bars_add_up(terms):
    assert terms.elbo == terms.reconstruction - terms.kl
    assert terms.elbo + terms.gap == pytest.approx(terms.log_evidence)
    bars = [t for t in traces(vae.guess(*guess(), terms)) if t.get("fill") == "toself"]
    ends = [(np.nanmin(bar["y"]), np.nanmax(bar["y"])) for bar in bars]
    reconstruction, kl, elbo, gap = ends
    assert reconstruction[1] == terms.reconstruction and elbo[1] == terms.elbo
    assert kl == (terms.elbo, terms.reconstruction)
    assert gap == (terms.elbo, terms.log_evidence)
    assert reconstruction[0] == elbo[0] < terms.elbo


def test_draw_is_a_film_from_noise_to_place():
    noise = RNG.normal(size=5)
    figure = vae.draw(1.2, 0.6, noise)
    assert [frame.name for frame in figure.frames] == ["ε", "σ ε", "μ + σ ε"]
    for frame, place in zip(figure.frames, (noise, 0.6 * noise, 1.2 + 0.6 * noise), strict=True):
        np.testing.assert_allclose(frame.data[1].x, place, rtol=1e-5)
        curve = frame.data[0]
        centre = 1.2 if frame.name == "μ + σ ε" else 0
        assert curve.x[int(np.argmax(curve.y))] == pytest.approx(centre, abs=0.06)


def test_ways_start_and_end_where_they_should():
    a, b = RNG.normal(size=16), 2 * RNG.normal(size=16)
    for spherical in (False, True):
        path = way(a, b, 9, spherical)
        np.testing.assert_allclose(path[[0, -1]], [a, b], atol=1e-12)
    straight, round_ = (way(a, b, 9, kind) for kind in (False, True))
    np.testing.assert_allclose(np.diff(straight, axis=0), np.tile((b - a) / 8, (8, 1)), atol=1e-12)
    lengths = np.linalg.norm(round_, axis=1)
    np.testing.assert_allclose(
        lengths, np.linspace(np.linalg.norm(a), np.linalg.norm(b), 9), rtol=1e-9
    )
    unit = round_ / lengths[:, None]
    turns = np.arccos((unit[:-1] * unit[1:]).sum(1))
    np.testing.assert_allclose(turns, turns[0], rtol=1e-6)


@pytest.mark.parametrize("end", [np.zeros(3), -np.array([1.0, 2, 3]), np.array([1.0, 2, 3])])
def test_directions_without_a_great_circle_go_straight(end):
    start = np.array([1.0, 2.0, 3.0])
    path = way(start, end, 5, True)
    assert np.isfinite(path).all()
    np.testing.assert_allclose(path, way(start, end, 5, False), atol=1e-12)


@pytest.mark.parametrize("latents", [1, 2, 16, 100])
def test_the_band_of_lengths_is_chi(latents):
    np.testing.assert_allclose(vae.chi_band(latents), chi.ppf([0.025, 0.5, 0.975], latents))
    draws = np.linalg.norm(RNG.normal(size=(20_000, latents)), axis=1)
    low, _middle, high = vae.chi_band(latents)
    assert np.mean((draws > low) & (draws < high)) == pytest.approx(0.95, abs=0.006)


def test_words_name_what_is_near_and_what_is_missed():
    codes = np.array([[0, 0, 3]] * 20 + [[2, 2, 8]] * 20, dtype=float)
    assert "15 belong to class 8" in vae_words.plane(np.array([1.9, 2]), codes, "MNIST")
    assert "15 belong to class dress" in vae_words.plane(np.zeros(2), codes, "Fashion-MNIST")
    a, b, angle = vae_words.triangle(np.array([3.0, 0]), np.array([0, 4.0]))
    assert (a, b) == (3, 4) and angle == pytest.approx(np.pi / 2)


def test_training_is_a_film_of_codes_and_planes():
    codes, planes = RNG.normal(size=(4, 6, 2)), RNG.integers(0, 255, (4, 3, 3, 8, 8), np.uint8)
    curve = np.array([[s, -40.0 + s / 10, s / 100] for s in range(101)])
    steps, classes = np.array([0, 1, 10, 100]), np.arange(6)
    figure = vae.training(vae.Lesson(steps, codes, planes, classes, curve, 2.5))
    assert [frame.name for frame in figure.frames] == ["0", "1", "10", "100"]
    for number, frame in enumerate(figure.frames):
        points, heat, mark = (trace.to_plotly_json() for trace in frame.data)
        np.testing.assert_allclose(points["x"], codes[number, :, 0], rtol=1e-6)
        assert heat["z"][-1].tolist() == planes[number, 0, :, 0].ravel().tolist()  # top row, on top
        assert list(mark["x"]) == [steps[number] + 1] * 2
    told = vae_words.training(curve, steps)
    assert "reconstruction -30.00 nats, KL 1.00, ELBO -31.00" in told[3] and len(told) == 4
