"""A table of numbers that a lesson prints."""


def print_table(rows):
    """Print dicts with the same keys as a table: the keys once, then a line for each dict.

    Floats have four digits; numbers stand to the right, and None is a dash.
    """
    rows = list(rows)
    lines = [[*rows[0]]] + [[_as_text(cell) for cell in row.values()] for row in rows]
    columns = list(zip(*lines, strict=True))
    is_text = [isinstance(cell, str) for cell in rows[0].values()]
    widths = [max(map(len, column)) for column in columns]
    for line in lines:
        cells = zip(line, widths, is_text, strict=True)
        padded = (cell.ljust(width) if left else cell.rjust(width) for cell, width, left in cells)
        print("  ".join(padded).rstrip())


def _as_text(cell):
    if cell is None:
        return "–"
    return cell if isinstance(cell, str) else f"{cell:.4g}" if cell % 1 else f"{cell:.0f}"
