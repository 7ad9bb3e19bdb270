"""A table of numbers that a lesson prints."""


def print_table(rows):
    """Print dicts with the same keys as a table: the keys once, then a line for each dict.

    Floats have four digits; numbers stand to the right, and None is a dash.
    """
    rows = list(rows)
    lines = [[*rows[0]]] + [[_as_text(cell) for cell in row.values()] for row in rows]
    sides = ["<" if isinstance(cell, str) else ">" for cell in rows[0].values()]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = zip(line, sides, widths, strict=True)
        print("  ".join(f"{cell:{side}{width}}" for cell, side, width in cells).rstrip())


def _as_text(cell):
    if cell is None:
        return "–"
    return cell if isinstance(cell, str) else f"{cell:.4g}" if cell % 1 else f"{cell:.0f}"
