"""Words on a picture stand clear of what lies behind them, in both themes."""

from explorer.figures import theme, traces


def test_words_have_a_halo_in_the_papers_colour():
    light, dark = theme.ROLES["paper"]
    font = traces.text(0, 0, "words", "truth")["textfont"]
    assert font["color"] == theme.ROLES["truth"][0]
    assert font["shadow"].count(light) == 4 and dark not in font["shadow"]


def test_words_on_a_fill_have_none():
    """In the paper's colour they would drown in a halo of the same."""
    assert traces.text(0, 0, "words", "paper")["textfont"]["shadow"] == "none"
