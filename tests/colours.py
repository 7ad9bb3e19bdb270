"""Colours as they are seen, for tests."""

import numpy as np
from matplotlib.colors import to_rgb


def linear_light(color):
    channels = np.array(to_rgb(color))
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def contrast_on_white(color):
    """The contrast ratio of WCAG 2: 21 for black, 1 for white."""
    return 1.05 / (linear_light(color) @ [0.2126, 0.7152, 0.0722] + 0.05)
