"""`python -m explorer.data`: list the named data sets, or fetch those that are not here."""

import sys

from explorer.data import registry


def main(arguments: list[str]) -> int:
    """`list` (the default) or `fetch ID ...`; returns the exit status."""
    if not arguments or arguments == ["list"]:
        for id, one in registry.REGISTRY.items():
            where = "here" if registry.available(id) else registry.COMMAND.format(id=id)
            print(f"{id:24} {one.rows:6} x {one.dims:<3} {where}")
        return 0
    if arguments[0] != "fetch" or len(arguments) < 2:
        print(f"usage: {registry.COMMAND.format(id='ID')}", file=sys.stderr)
        return 2
    return max(_fetch(id) for id in arguments[1:])


def _fetch(id: str) -> int:
    try:
        print(f"{id}: {registry.fetch(id) or 'nothing to download'}")
    except KeyError:
        print(f"{id}: no such set; known: {', '.join(registry.REGISTRY)}", file=sys.stderr)
        return 1
    except registry.DataMissing as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
