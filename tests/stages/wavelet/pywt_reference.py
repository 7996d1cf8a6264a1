#!/usr/bin/env python3
"""Coefficients of a decomposition by PyWavelets, for pywt_test.cpp.

The scene is extended once by its border rule, far enough, and every level is pywt.dwt2 of the level before; what the end
of the extension reaches is cut off. Coefficient k stands at the pair of samples 2k, 2k + 1 counted from the scene.

usage: pywt_reference.py JOBS, a file with a job a line:
IN WIDTH HEIGHT WAVELET LEVELS BORDER LOW_SHIFT HIGH_SHIFT MARGIN OUT
IN, OUT: float64. OUT: ll, then lh hl hh of the coarsest level, … of the finest; each with MARGIN 2^(LEVELS - level)
coefficients beyond the scene's blocks on every side.
"""
import sys

import numpy as np
import pywt


def decompose(path, width, height, name, levels, border, low_shift, high_shift, margin, out):
    width, height, levels, margin = int(width), int(height), int(levels), int(margin)
    low_shift, high_shift = int(low_shift), int(high_shift)
    wavelet = pywt.Wavelet(name)
    pad = 2**levels * (2 * wavelet.dec_len + margin + 2)
    block = 2**levels
    blocks = (-(-width // block), -(-height // block))
    mode = {"symmetric": "symmetric", "periodic": "wrap", "reflect": "reflect", "zero": "constant"}[border]

    scene = np.fromfile(path).reshape(height, width)
    right, bottom = blocks[0] * block - width + pad, blocks[1] * block - height + pad
    x = np.pad(scene, ((pad, bottom), (pad, right)), mode=mode)
    origin = -pad  # of x, in samples of its level, in both axes
    parts = []
    for level in range(1, levels + 1):
        ll, (lh, hl, hh) = pywt.dwt2(x, wavelet, mode="zero")
        side = 2 ** (levels - level)

        def cut(a, shift_y, shift_x, first, last_x, last_y):
            y, x = (first - origin // 2 - shift for shift in (shift_y, shift_x))
            return a[y : y + last_y - first, x : x + last_x - first]

        region = (-margin * side, (blocks[0] + margin) * side, (blocks[1] + margin) * side)
        parts.append(
            [
                cut(lh, high_shift, low_shift, *region),
                cut(hl, low_shift, high_shift, *region),
                cut(hh, high_shift, high_shift, *region),
            ]
        )
        first = (origin // 2 + wavelet.dec_len) // 2 * 2 + 2
        last = [(n + origin) // 2 - wavelet.dec_len for n in (x.shape[1], x.shape[0])]
        if level == levels:
            parts.append([cut(ll, low_shift, low_shift, *region)])
        x = cut(ll, low_shift, low_shift, first, *last)
        origin = first
    with open(out, "wb") as file:
        for level in reversed(parts):
            for band in level:
                np.ascontiguousarray(band, dtype=np.float64).tofile(file)


for job in open(sys.argv[1]):
    decompose(*job.split())
