"""Checkpoints: weights as safetensors, and beside them a card in JSON that says what they are.

    save("vae2-mnist", model, card)         # pretrained/vae2-mnist.safetensors and .json
    model, card = load("vae2-mnist")        # rebuilt, checked, in evaluation mode

Weights are stored as float16, half the bytes; every metric on the card is of these very weights.
Loading runs no code from the files and is strict: whatever is missing, cut short, altered or of
another shape gives a CheckpointError, which names the file and the command that rebuilds it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.catalog import ROOT
from explorer.i18n import n_

if TYPE_CHECKING:
    from torch import nn

FOLDER = ROOT / "pretrained"
FORMAT = 1
REBUILD = "python -m explorer train {name}"

#: What a card must hold, and of which type.
KEYS: dict[str, type] = {
    "format": int,
    "name": str,
    "model": str,
    "config": dict,
    "recipe": dict,
    "data": dict,
    "training": dict,
    "metrics": dict,
    "codes": list,
    "weights": dict,
}

#: code -> sentence; %(file)s, %(name)s, %(command)s and %(detail)s are filled in.
TEXTS = {
    "no_name": n_("There is no checkpoint called “%(name)s”."),
    "no_card": n_("The card %(file)s is missing."),
    "bad_card": n_("The card %(file)s cannot be read: %(detail)s."),
    "incomplete_card": n_("The card %(file)s is incomplete: %(detail)s."),
    "newer": n_("The card %(file)s was written by a newer version of the explorer (%(detail)s)."),
    "other_name": n_("The card %(file)s belongs to another checkpoint: %(detail)s."),
    "unknown_model": n_("The card %(file)s names a model that does not exist here: %(detail)s."),
    "bad_config": n_("The card %(file)s does not describe its model: %(detail)s."),
    "no_weights": n_("The weights %(file)s are missing."),
    "empty": n_("The weights %(file)s are empty."),
    "size": n_("The weights %(file)s have the wrong size: %(detail)s."),
    "hash": n_("The weights %(file)s are damaged: their SHA-256 is not the one on the card."),
    "bad_weights": n_("The weights %(file)s cannot be read: %(detail)s."),
    "tensors": n_("The weights %(file)s do not fit the model: %(detail)s."),
    "shape": n_("The weights %(file)s have a wrong shape: %(detail)s."),
    "not_finite": n_("The weights %(file)s hold values that are not numbers: %(detail)s."),
}


class CheckpointError(Exception):
    """Why a checkpoint cannot be used. `code` is a key of TEXTS; `values` fill the sentence."""

    def __init__(self, code: str, name: str, file: Path | None = None, detail: str = "") -> None:
        self.code, self.name = code, name
        self.values = {
            "name": name,
            "file": "" if file is None else file.name,
            "detail": detail,
            "command": REBUILD.format(name=name),
        }
        super().__init__(self.say(lambda text: text))

    def say(self, translate: Any) -> str:
        """The sentence, and the command that mends it, in the language of `translate`."""
        mend = translate(n_("To rebuild it: %(command)s"))
        return f"{translate(TEXTS[self.code])} {mend}" % self.values


class NotWritten(Exception):
    """A full or read-only disk; the files that were there before are as they were."""

    def __init__(self, file: Path, error: OSError) -> None:
        reason = error.strerror or type(error).__name__
        super().__init__(
            f"{file.name} could not be written into {file.parent}: {reason}. Nothing that was there"
            " before has changed; make room there, or choose another place, and run this again."
        )


class NotResumed(Exception):
    """The kept state of an unfinished run that cannot be taken up."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            f"The kept state {file.name} in {file.parent} is damaged or of another recipe; delete"
            " it and begin again without --resume."
        )


def names(folder: Path = FOLDER) -> list[str]:
    """Every checkpoint of which a card or weights lie in the folder, sorted."""
    found = {p.stem for p in folder.glob("*.json")} | {p.stem for p in folder.glob("*.safetensors")}
    return sorted(found)


def read_card(name: str, folder: Path = FOLDER) -> dict[str, Any]:
    """The card alone, checked for completeness; CheckpointError otherwise."""
    file = _inside(name, folder) / f"{name}.json"
    if not file.is_file():
        known = (folder / f"{name}.safetensors").is_file()
        raise CheckpointError("no_card" if known else "no_name", name, file)
    try:
        card = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:  # gone since we looked
        raise CheckpointError("no_card", name, file) from error
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError("bad_card", name, file, type(error).__name__) from error
    if not isinstance(card, dict):
        raise CheckpointError("bad_card", name, file, "no JSON object")
    if isinstance(card.get("format"), int) and card["format"] > FORMAT:
        raise CheckpointError("newer", name, file, f"{card['format']} > {FORMAT}")
    wrong = [key for key, kind in KEYS.items() if not isinstance(card.get(key), kind)]
    wrong += [f"weights.{key}" for key in ("bytes", "sha256") if key not in card.get("weights", ())]
    if wrong:
        raise CheckpointError("incomplete_card", name, file, ", ".join(wrong))
    if card["name"] != name:
        raise CheckpointError("other_name", name, file, card["name"])
    return card


def load(name: str, folder: Path = FOLDER) -> tuple[nn.Module, dict[str, Any]]:
    """(model in evaluation mode, card); CheckpointError if anything is not as the card says."""
    card = read_card(name, folder)
    raw = _weights(name, card, folder)
    model = _fill(_build(name, card, folder), raw, name, folder)
    return model.eval().requires_grad_(False), card


def save(
    name: str, model: nn.Module, card: dict[str, Any], folder: Path = FOLDER
) -> dict[str, Any]:
    """Write weights and card, both or, on a full disk (NotWritten), neither; returns the card."""
    import torch
    from safetensors.torch import save as to_bytes

    state = {
        key: value.half().contiguous() if value.is_floating_point() else value.contiguous()
        for key, value in model.state_dict().items()
    }
    if not all(bool(torch.isfinite(value).all()) for value in state.values()):
        raise ValueError(f"{name}: weights that are not finite are not saved")
    raw = to_bytes(state)
    full = {
        "format": FORMAT,
        "name": name,
        "model": type(model).__name__,
        "config": asdict(model.config),  # type: ignore[call-overload]
        **card,
        "weights": {
            "bytes": len(raw),
            "sha256": hashlib.sha256(raw).hexdigest(),
            "parameters": sum(p.numel() for p in model.parameters()),
            "type": "float16",
        },
    }
    text = json.dumps(full, indent=2, ensure_ascii=False)
    text = re.sub(r"\[[\s\d.,e-]+\]", lambda found: re.sub(r"\s+", " ", found[0]), text)
    lines = (text + "\n").encode()  # rows of numbers on one line
    write_all({folder / f"{name}.safetensors": raw, folder / f"{name}.json": lines})
    return full


def verify(folder: Path = FOLDER) -> dict[str, CheckpointError | None]:
    """Every checkpoint loaded as `load` does: its error, or None."""
    result: dict[str, CheckpointError | None] = {}
    for name in names(folder):
        try:
            load(name, folder)
            result[name] = None
        except CheckpointError as error:
            result[name] = error
    return result


def rounded(model: nn.Module) -> nn.Module:
    """The model with its weights as they will be stored, so that metrics are of those."""
    for value in model.state_dict().values():
        if value.is_floating_point():
            value.copy_(value.half().float())
    return model


def kinds() -> dict[str, tuple[Callable[[Any], nn.Module], Any]]:
    """Name on the card -> (model, its config): the only classes that a checkpoint can become."""
    from explorer.models.autoencoder import Autoencoder, AutoencoderConfig
    from explorer.models.classifier import Classifier, ClassifierConfig
    from explorer.models.diffusion.points import PointsConfig, PointsNet
    from explorer.models.diffusion.unet import UNet, UNetConfig
    from explorer.models.hvae import HVAE, HVAEConfig
    from explorer.models.pca import PCA, PCAConfig
    from explorer.models.vae import VAE, VAEConfig

    return {
        "Autoencoder": (Autoencoder, AutoencoderConfig),
        "VAE": (VAE, VAEConfig),
        "HVAE": (HVAE, HVAEConfig),
        "Classifier": (Classifier, ClassifierConfig),
        "PCA": (PCA, PCAConfig),
        "PointsNet": (PointsNet, PointsConfig),
        "UNet": (UNet, UNetConfig),
    }


def blank(kind: Callable[[Any], nn.Module], config: Any) -> nn.Module:
    """A model whose values are still to be filled in."""
    return _outline(kind, config).to_empty(device="cpu")


def _outline(kind: Callable[[Any], nn.Module], config: Any) -> nn.Module:
    """The shapes alone: no memory is taken, nothing is drawn from torch's global generator."""
    import torch

    with torch.device("meta"):
        return kind(config)


# --- the parts of load --------------------------------------------------------------------------


def _inside(name: str, folder: Path) -> Path:
    """A name is a name, not a path out of the folder."""
    if not name or any(not (c.isalnum() or c in "-_.") for c in name) or name.startswith("."):
        raise CheckpointError("no_name", name)
    return folder


def _weights(name: str, card: dict[str, Any], folder: Path) -> bytes:
    file = folder / f"{name}.safetensors"
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise CheckpointError("no_weights", name, file) from error
    if not raw:
        raise CheckpointError("empty", name, file)
    if len(raw) != card["weights"]["bytes"]:
        detail = f"{len(raw)} bytes, the card says {card['weights']['bytes']}"
        raise CheckpointError("size", name, file, detail)
    if hashlib.sha256(raw).hexdigest() != card["weights"]["sha256"]:
        raise CheckpointError("hash", name, file)
    return raw


def _build(name: str, card: dict[str, Any], folder: Path) -> nn.Module:
    file = folder / f"{name}.json"
    if card["model"] not in kinds():
        raise CheckpointError("unknown_model", name, file, card["model"])
    kind, config = kinds()[card["model"]]
    expected = {field.name for field in fields(config)}
    if set(card["config"]) != expected:
        odd = ", ".join(sorted(set(card["config"]) ^ expected))
        raise CheckpointError("bad_config", name, file, odd)
    try:
        return _outline(kind, config(**card["config"]))
    except (TypeError, ValueError, RuntimeError) as error:
        raise CheckpointError("bad_config", name, file, str(error)[:200]) from error


def _fill(outline: nn.Module, raw: bytes, name: str, folder: Path) -> nn.Module:
    """The weights in their places, after every check; only then is memory taken for the model."""
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load as from_bytes

    file = folder / f"{name}.safetensors"
    try:
        stored = from_bytes(raw)
    except (SafetensorError, ValueError) as error:
        raise CheckpointError("bad_weights", name, file, str(error)[:200]) from error
    wanted = outline.state_dict()
    if odd := sorted(set(stored) ^ set(wanted)):
        raise CheckpointError("tensors", name, file, ", ".join(odd[:5]))
    for key, value in stored.items():
        if value.shape != wanted[key].shape:
            detail = f"{key} {tuple(value.shape)}, needed {tuple(wanted[key].shape)}"
            raise CheckpointError("shape", name, file, detail)
        if not bool(torch.isfinite(value).all()):
            raise CheckpointError("not_finite", name, file, key)
    model = outline.to_empty(device="cpu")
    model.load_state_dict({key: value.to(wanted[key].dtype) for key, value in stored.items()})
    return model


def write(path: Path, raw: bytes) -> None:
    """Write beside and move into place: a reader sees the old file or the new one."""
    write_all({path: raw})


def write_all(files: Mapping[Path, bytes]) -> None:
    """Several files that belong together: all are on the disk before the first is moved.

    NotWritten if there is no room; what was there before is then untouched, and no draft stays.
    """
    drafts: dict[Path, str] = {}
    path = next(iter(files))
    try:
        for path, raw in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            number, drafts[path] = tempfile.mkstemp(dir=path.parent)
            with open(number, "wb") as draft:
                draft.write(raw)
                draft.flush()
                os.fsync(number)  # some disks only say here that they are full
            Path(drafts[path]).chmod(0o644)
        for path in files:
            os.replace(drafts[path], path)
            del drafts[path]
    except OSError as error:
        raise NotWritten(path, error) from error
    finally:
        for left in drafts.values():
            Path(left).unlink(missing_ok=True)
