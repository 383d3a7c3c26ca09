"""The table of lessons. Navigation, the home page's map and "where it leads" are drawn from it.

A lesson's title and one-line summary live in its prose file, so that a new family costs one line
here and touches nothing else.
"""

from dataclasses import dataclass
from pathlib import Path

from explorer.i18n import n_

ROOT = Path(__file__).parents[1]

PARTS = {
    "foundations": n_("Foundations"),
    "learning": n_("Learning by descent"),
    "latent": n_("Latent space"),
    "diffusion": n_("Diffusion"),
}


@dataclass(frozen=True)
class Lesson:
    """slug: URL and file name; needs: slugs of the lessons it builds on.

    data: whether the learner's own numbers play a part in it.
    """

    slug: str
    part: str
    icon: str
    needs: tuple[str, ...] = ()
    data: bool = True

    @property
    def path(self) -> str:
        """The page's script, relative to the root of the project."""
        return f"pages/{self.part}/{self.slug}.py"


LESSONS = (
    Lesson("normal", "foundations", ":material/notifications:"),
    Lesson("likelihood", "foundations", ":material/landscape:", needs=("normal",)),
    Lesson("multivariate", "foundations", ":material/lens_blur:", needs=("normal", "likelihood")),
    Lesson("mixture", "foundations", ":material/bubble_chart:", needs=("multivariate",)),
    Lesson("em", "foundations", ":material/autorenew:", needs=("mixture", "likelihood")),
    Lesson("divergence", "foundations", ":material/compare_arrows:", needs=("likelihood", "em")),
    Lesson("descent", "learning", ":material/trending_down:", needs=("likelihood",), data=False),
    Lesson("network", "learning", ":material/hub:", needs=("descent",)),
    Lesson("convolution", "learning", ":material/grid_on:", needs=("network",), data=False),
    Lesson(
        "autoencoder", "latent", ":material/compress:", needs=("network", "convolution"), data=False
    ),
    Lesson("vae", "latent", ":material/blur_on:", needs=("autoencoder", "divergence"), data=False),
    Lesson("beta", "latent", ":material/tune:", needs=("vae",), data=False),
    Lesson("hierarchy", "latent", ":material/layers:", needs=("vae",), data=False),
    Lesson("noising", "diffusion", ":material/grain:", needs=("hierarchy", "normal")),
    Lesson("score", "diffusion", ":material/near_me:", needs=("noising", "mixture", "descent")),
    Lesson("denoise", "diffusion", ":material/auto_awesome:", needs=("score",), data=False),
    Lesson("guidance", "diffusion", ":material/explore:", needs=("denoise",), data=False),
)


def lesson(slug: str) -> Lesson:
    """The lesson with this slug; KeyError if there is none."""
    return {entry.slug: entry for entry in LESSONS}[slug]


def leads_to(slug: str) -> tuple[Lesson, ...]:
    """Lessons that build directly on this one, in catalogue order."""
    return tuple(entry for entry in LESSONS if slug in entry.needs)
