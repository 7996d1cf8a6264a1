#!/usr/bin/env python3
"""What OpenCV and PyWavelets do with the input of kernels_bench.cpp, per CPU second on one thread.

usage: peers.py [SIZE]   (needs python3-opencv and python3-pywt)
"""
import sys
import time

import cv2
import numpy as np
import pywt

size = int(sys.argv[1]) if len(sys.argv) > 1 else 4096
cv2.setNumThreads(1)
y, x = np.mgrid[0:size, 0:size].astype(np.int32)
bands = [((x * 37 + y * 101 + b * 11) & 255).astype(np.float32) for b in range(4)]
mpixel_bands = 4 * size * size / 1e6


def report(name, work, repeats=5, share=1):
    work()
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    print(f"{name:<44} {share * mpixel_bands / np.median(seconds):10.1f}", flush=True)


def filter_bank(image, low, high, levels):
    details = []
    for _ in range(levels):
        rows = [cv2.filter2D(image, -1, taps[None])[:, ::2] for taps in (low, high)]
        ll, lh, hl, hh = (cv2.filter2D(r, -1, taps[:, None])[::2] for r in rows for taps in (low, high))
        details.append((lh, hl, hh))
        image = np.ascontiguousarray(ll)
    return image, details


print(f"{'peer':<44} Mpixel-bands per CPU s", flush=True)
report("numpy copy", lambda: [b.copy() for b in bands])
report("OpenCV GaussianBlur, sigma 1.6, float32", lambda: [cv2.GaussianBlur(b, (0, 0), 1.6) for b in bands])
report("OpenCV GaussianBlur, then every 2nd", lambda: [cv2.GaussianBlur(b, (0, 0), 1.6)[::2, ::2].copy() for b in bands])
for name in ("db4", "bior4.4"):
    w = pywt.Wavelet(name)
    low, high = np.array(w.dec_lo, np.float32), np.array(w.dec_hi, np.float32)
    report(f"OpenCV filter2D and stride, {name}, 3 levels", lambda: [filter_bank(b, low, high, 3) for b in bands], 3)
for name in ("haar", "db4", "bior4.4"):
    report(f"PyWavelets {name}, 3 levels", lambda: [pywt.wavedec2(b, name, "periodization", 3) for b in bands], 3)
    parts = [pywt.wavedec2(b, name, "periodization", 3) for b in bands]
    report(f"PyWavelets {name}, 3 levels, back", lambda: [pywt.waverec2(c, name, "periodization") for c in parts], 3)
dx, dy = 0.37, -0.62
shift = np.float32([[1, 0, dx], [0, 1, dy]])
turn = np.float32([[1.001, -0.004, 2.2], [0.005, 0.999, 1.7]])
for name, matrix in (("a shift", shift), ("an affine map", turn)):
    report(f"OpenCV warpAffine, cubic, {name}",
           lambda: [cv2.warpAffine(b, matrix, (size, size), flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP) for b in bands])
report("OpenCV means and squares of 5 x 5",
       lambda: [(cv2.blur(b, (5, 5)), cv2.sqrBoxFilter(b, -1, (5, 5))) for b in bands])
half = len(bands[0]) // 2
parts = [np.ascontiguousarray(b[:half, :half]) for b in bands]
report("PyWavelets stationary db4, 2 levels (a quarter)", lambda: [pywt.swt2(b, "db4", 2) for b in parts], share=0.25)
