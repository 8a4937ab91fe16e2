"""YAML files → data in which every value still knows its line. Models are checked in `scoring.source.model`."""

from scoring.source.text import Source, parse, read

__all__ = ["Source", "parse", "read"]
