"""Checkpoints come back as they went in; every kind of damage is named, in both languages."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save as to_bytes

from explorer import checkpoints, i18n, inference
from explorer.checkpoints import CheckpointError, blank, load, rounded, save, verify
from explorer.models.vae import VAE, VAEConfig
from explorer.training.loop import initialise, seeded

CARD = {
    "recipe": {"epochs": 1},
    "data": {"name": "mnist"},
    "training": {"steps": 3},
    "metrics": {"test ELBO (nats)": -1.5},
    "codes": [],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one sound checkpoint, "one"."""
    model = initialise(blank(VAE, VAEConfig(latents=3, width=8)), seeded(1))
    save("one", model, CARD, tmp_path)
    return tmp_path


def test_a_checkpoint_comes_back_whole(folder):
    model, card = load("one", folder)
    again = rounded(initialise(blank(VAE, VAEConfig(latents=3, width=8)), seeded(1)))
    for name, value in again.state_dict().items():
        assert torch.equal(model.state_dict()[name], value), name
    assert not model.training and not any(p.requires_grad for p in model.parameters())
    assert model.config == VAEConfig(latents=3, width=8)
    assert card["metrics"] == CARD["metrics"] and card["model"] == "VAE"
    assert card["weights"]["parameters"] == sum(p.numel() for p in model.parameters())
    assert verify(folder) == {"one": None} and checkpoints.names(folder) == ["one"]


def test_saving_twice_gives_the_same_bytes(folder, tmp_path_factory):
    model, card = load("one", folder)
    other = tmp_path_factory.mktemp("other")
    save("one", model, card, other)
    for name in ("one.json", "one.safetensors"):
        assert (other / name).read_bytes() == (folder / name).read_bytes()


def test_weights_that_are_not_finite_are_not_saved(folder):
    model, card = load("one", folder)
    next(model.parameters())[0] = float("nan")
    with pytest.raises(ValueError, match="not finite"):
        save("two", model, card, folder)
    assert checkpoints.names(folder) == ["one"]


# ------------------------------------------------------------------------------- damage


def cards(change: Callable[[dict], object]) -> Callable[[Path], None]:
    """Damage to the card."""

    def damage(folder: Path) -> None:
        path = folder / "one.json"
        card = json.loads(path.read_text())
        change(card)
        path.write_text(json.dumps(card))

    return damage


def text_of_card(text: str | bytes) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        (folder / "one.json").write_bytes(text if isinstance(text, bytes) else text.encode())

    return damage


def raw(change: Callable[[bytes], bytes], honest: bool = False) -> Callable[[Path], None]:
    """Damage to the weights; `honest`: the card is made to agree, so that it is found later on."""

    def damage(folder: Path) -> None:
        path = folder / "one.safetensors"
        path.write_bytes(change(path.read_bytes()))
        if honest:
            agree(folder)

    return damage


def tensors(change: Callable[[dict], object]) -> Callable[[Path], None]:
    """Weights that are a sound file of the wrong content, with a card that agrees."""

    def damage(folder: Path) -> None:
        from safetensors.torch import load as from_bytes

        path = folder / "one.safetensors"
        state = from_bytes(path.read_bytes())
        change(state)
        path.write_bytes(to_bytes(state))
        agree(folder)

    return damage


def agree(folder: Path) -> None:
    content = (folder / "one.safetensors").read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    cards(lambda c: c["weights"].update(bytes=len(content), sha256=digest))(folder)


def flip(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def first(state: dict) -> str:
    return sorted(state)[0]


def poison(state: dict, value: float) -> None:
    tensor = state[first(state)].clone()
    tensor.view(-1)[0] = value
    state[first(state)] = tensor


DAMAGE: dict[str, tuple[Callable[[Path], None], str]] = {
    "card missing": (lambda f: (f / "one.json").unlink(), "no_card"),
    "both missing": (lambda f: [p.unlink() for p in f.glob("one.*")], "no_name"),
    "card empty": (text_of_card(""), "bad_card"),
    "card cut short": (lambda f: text_of_card((f / "one.json").read_text()[:99])(f), "bad_card"),
    "card not text": (text_of_card(b"\xff\xfe\x00bad"), "bad_card"),
    "card a list": (text_of_card("[1, 2]"), "bad_card"),
    "card a word": (text_of_card('"hello"'), "bad_card"),
    "card without a key": (cards(lambda c: c.pop("metrics")), "incomplete_card"),
    "card with a key of another type": (cards(lambda c: c.update(config=3)), "incomplete_card"),
    "card without a hash": (cards(lambda c: c["weights"].pop("sha256")), "incomplete_card"),
    "card of a newer format": (cards(lambda c: c.update(format=99)), "newer"),
    "card of another checkpoint": (cards(lambda c: c.update(name="two")), "other_name"),
    "card of a model nobody knows": (cards(lambda c: c.update(model="os.system")), "unknown_model"),
    "card of another model": (
        cards(lambda c: c.update(model="Autoencoder", config={**AE})),
        "shape",
    ),
    "config without a key": (cards(lambda c: c["config"].pop("width")), "bad_config"),
    "config with a key too many": (cards(lambda c: c["config"].update(heads=8)), "bad_config"),
    "config of nonsense": (cards(lambda c: c["config"].update(net="none")), "bad_config"),
    "config of the wrong type": (cards(lambda c: c["config"].update(width="wide")), "bad_config"),
    "config of a giant": (cards(lambda c: c["config"].update(width=10**9)), "shape"),
    "config of another width": (cards(lambda c: c["config"].update(width=12)), "shape"),
    "weights missing": (lambda f: (f / "one.safetensors").unlink(), "no_weights"),
    "weights a folder": (
        lambda f: ((f / "one.safetensors").unlink(), (f / "one.safetensors").mkdir()),
        "no_weights",
    ),
    "weights empty": (raw(lambda b: b""), "empty"),
    "weights cut short": (raw(lambda b: b[:-10]), "size"),
    "weights too long": (raw(lambda b: b + b"x"), "size"),
    "one bit of a weight flipped": (raw(lambda b: flip(b, len(b) - 5)), "hash"),
    "one bit of the header flipped": (raw(lambda b: flip(b, 3)), "hash"),
    "weights cut short, card agrees": (raw(lambda b: b[:-10], honest=True), "bad_weights"),
    "weights a pickle": (raw(lambda b: b"\x80\x04\x95" + b[3:], honest=True), "bad_weights"),
    "a tensor missing": (tensors(lambda s: s.pop(first(s))), "tensors"),
    "a tensor too many": (tensors(lambda s: s.update(extra=torch.zeros(2))), "tensors"),
    "a tensor of another shape": (
        tensors(lambda s: s.update({first(s): s[first(s)][:1].contiguous()})),
        "shape",
    ),
    "a weight that is no number": (tensors(lambda s: poison(s, float("nan"))), "not_finite"),
    "a weight that is infinite": (tensors(lambda s: poison(s, float("inf"))), "not_finite"),
}
AE = {"latents": 3, "net": "mlp", "width": 8, "pixels": 784}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_named_with_the_command_that_mends_it(folder, kind):
    damage, code = DAMAGE[kind]
    damage(folder)
    with pytest.raises(CheckpointError) as caught:
        load("one", folder)
    error = caught.value
    assert error.code == code, str(error)
    assert "python -m explorer train one" in str(error)
    assert code == "no_name" or error.values["file"] in str(error)
    assert str(folder) not in str(error)  # no path of the server reaches a learner
    with i18n_in("ko"):
        korean = error.say(i18n._)
    assert korean != str(error) and "python -m explorer train one" in korean
    found = verify(folder)
    assert found == {} if kind == "both missing" else found["one"] is not None


def test_every_sentence_is_reached_by_some_damage():
    assert {code for _, code in DAMAGE.values()} == set(checkpoints.TEXTS)


@pytest.mark.parametrize("name", ["", "../secret", "a/b", ".hidden", "one.json\0"])
def test_a_name_is_not_a_path(folder, name):
    with pytest.raises(CheckpointError) as caught:
        load(name, folder)
    assert caught.value.code == "no_name"


class i18n_in:
    """The language of a block."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __enter__(self) -> None:
        self.before = i18n.current()
        i18n.use(self.language)

    def __exit__(self, *_: object) -> None:
        i18n.use(self.before)


# ------------------------------------------------------------------------------- inference


def test_inference_speaks_numpy_and_equals_the_model(folder):
    network = inference.load("one", folder)
    x = np.random.default_rng(0).random((5, 784))
    mean, std = network.encode(x)
    expected, log_var = network.model.encode(torch.tensor(x, dtype=torch.float32))
    np.testing.assert_allclose(mean, expected.numpy(), rtol=1e-6)
    np.testing.assert_allclose(std, (0.5 * log_var).exp().numpy(), rtol=1e-6)
    z = mean + 0.1
    reconstruction, kl = network.terms(x, z)
    p = network.decode(z).astype(float)
    np.testing.assert_allclose(
        reconstruction, (x * np.log(p) + (1 - x) * np.log1p(-p)).sum(1), rtol=1e-5
    )
    np.testing.assert_allclose(kl, 0.5 * (std**2 + mean**2 - 1 - 2 * np.log(std)).sum(1), rtol=1e-5)
    places, weights = inference.quadrature()
    assert weights.sum() == pytest.approx(1) and places.shape == (225, 2)
    for power, moment in ((1, 0), (2, 1), (4, 3), (6, 15)):
        np.testing.assert_allclose(weights @ places**power, moment, atol=1e-10)
    many = network.decode(np.zeros((2500, 3)))
    assert many.shape == (2500, 784) and np.allclose(many, many[0])
