#!/usr/bin/python3
"""Every real scene at hand through copy.yaml and degrade.yaml: what GDAL says of the file before and of the file after.

real_scenes.py PROGRAM CONFIG_FOLDER SCENES    prints a table; exit 77 where the scenes or GDAL's bindings are missing
"""

import json
import pathlib
import subprocess
import sys
import tempfile


def skip(reason):
    print("skipped:", reason)
    sys.exit(77)


try:
    import numpy as np
    from osgeo import gdal
except ImportError as problem:
    skip(f"{problem}; install python3-gdal and python3-numpy")

REFUSED = {"cog_gcps": "gdalwarp", "test_rpcs": "gdalwarp", "wv3_20_rpc": "NITF"}  # and what the advice must name
FACTOR, SIGMA_PX = 2, 1.6  # of degrade.yaml
MOST_PIXELS = 20e6  # numpy is slow


class Raster:
    """What is known of an image, alpha being a mask and no data."""

    def __init__(self, path):
        self.file = gdal.Open(str(path))
        bands = [self.file.GetRasterBand(b + 1) for b in range(self.file.RasterCount)]
        self.alphas = [b for b in bands if b.GetColorInterpretation() == gdal.GCI_AlphaBand]
        self.bands = [b for b in bands if b.GetColorInterpretation() != gdal.GCI_AlphaBand]
        self.size = (self.file.RasterXSize, self.file.RasterYSize)
        self.type = gdal.GetDataTypeName(self.bands[0].DataType)
        self.geotransform = np.array(self.file.GetGeoTransform())
        self.samples = [b.ReadAsArray() for b in self.bands]
        self.valid = np.ones(self.size[::-1], bool)
        for b in self.bands:
            self.valid &= b.GetMaskBand().ReadAsArray() != 0
        for b in self.alphas:
            self.valid &= b.ReadAsArray() != 0
        for samples in self.samples:
            self.valid &= np.isfinite(samples)

    def nodata(self):
        """The declared value, where the type can hold it."""
        value = self.bands[0].GetNoDataValue()
        if value is None or self.type.startswith("Float"):
            return value
        kind = np.iinfo(self.samples[0].dtype)
        return value if kind.min <= value <= kind.max and value == int(value) else None


def colour(band):
    return band.GetColorInterpretation()


def colour_of_computed(band):
    """Samples that pointed into a palette are plain numbers when something was computed from them."""
    found = colour(band)
    return gdal.GCI_GrayIndex if found == gdal.GCI_PaletteIndex else found


def palette(band):
    table = band.GetColorTable() if band.GetColorInterpretation() == gdal.GCI_PaletteIndex else None
    return table and [table.GetColorEntry(i) for i in range(table.GetCount())]


def same(a, b):
    return a == b or (a is not None and b is not None and np.isnan(a) and np.isnan(b))


def misplacement(before, after, factor):
    """Largest distance of a corner from its place, in pixels of the image before."""
    g, h = before.geotransform, after.geotransform
    steps = [(0, 0), (after.size[0], 0), (0, after.size[1]), after.size]
    scale = np.hypot(g[1], g[4])
    worst = 0
    for col, row in steps:
        is_at = h[[0, 3]] + col * h[[1, 4]] + row * h[[2, 5]]
        should = g[[0, 3]] + factor * (col * g[[1, 4]] + row * g[[2, 5]])
        worst = max(worst, float(np.max(np.abs(is_at - should))) / scale)
    return worst


def compare_headers(before, after, factor):
    wrong = []
    if after.size != tuple(-(-side // factor) for side in before.size):
        wrong.append(f"size {after.size}")
    if misplacement(before, after, factor) > 1e-6:
        wrong.append("georeference")
    a, b = before.file.GetSpatialRef(), after.file.GetSpatialRef()
    if (a is None) != (b is None) or (a is not None and not a.IsSame(b)):
        wrong.append("reference system")
    if after.type != before.type:
        wrong.append(f"type {after.type}")
    declared = before.nodata()
    if declared is not None and not same(declared, after.nodata()):
        wrong.append(f"nodata {after.nodata()}")
    if len(after.bands) != len(before.bands) or after.alphas:
        return wrong + [f"{len(after.bands)} bands"]
    for x, y in zip(before.bands, after.bands):
        for what, get in (
            ("scale", lambda b: b.GetScale() or 1),
            ("offset", lambda b: b.GetOffset() or 0),
            ("name", lambda b: b.GetDescription()),
            ("colour", colour if factor == 1 else colour_of_computed),
            ("palette", palette if factor == 1 else lambda b: None),
        ):
            if get(x) != get(y):
                wrong.append(f"{what} of band {x.GetBand()}: {get(x)} became {get(y)}")
    return wrong


def compare_copy(before, after):
    wrong = compare_headers(before, after, 1)
    if before.size != after.size or len(before.samples) != len(after.samples):
        return wrong
    if not np.array_equal(before.valid, after.valid):
        wrong.append(f"mask, {np.count_nonzero(before.valid != after.valid)} pixels")
    both = before.valid & after.valid
    if not all(np.array_equal(x[both], y[both]) for x, y in zip(before.samples, after.samples)):
        wrong.append("pixels")
    return wrong


def observe(image):
    """The Gaussian of degrade.yaml, cut at four sigma, and the mean of the two samples in the middle of each block; the
    scene goes on beyond its edge as its mirror."""
    radius = int(np.ceil(4 * SIGMA_PX))
    gauss = np.exp(-0.5 * (np.arange(-radius, radius + 1) / SIGMA_PX) ** 2)
    taps = np.convolve(gauss / gauss.sum(), [0.5, 0.5])
    for axis in (0, 1):
        count = -(-image.shape[axis] // FACTOR)
        pad = [(0, 0), (0, 0)]
        pad[axis] = (radius, radius + FACTOR)
        padded = np.moveaxis(np.pad(image, pad, mode="symmetric"), axis, 0)
        seen = sum(tap * padded[j : j + FACTOR * count : FACTOR][:count] for j, tap in enumerate(taps))
        image = np.moveaxis(seen, 0, axis)
    return image


def compare_degraded(before, after):
    wrong = compare_headers(before, after, FACTOR)
    if len(before.samples) != len(after.samples) or before.valid.size > MOST_PIXELS:
        return wrong
    share = observe(before.valid.astype(np.float64))
    clear = np.abs(share - 0.5) > 1e-5  # which of the others are valid hangs on rounding
    lost_or_won = clear & ((share > 0.5) != after.valid)
    if np.any(lost_or_won):
        wrong.append(f"mask, {np.count_nonzero(lost_or_won)} pixels")
    judged = clear & after.valid & (share > 0.5)
    for x, y in zip(before.samples, after.samples):
        known = np.where(before.valid, x, 0).astype(np.float64)
        expected = observe(known)[judged] / share[judged]
        rounding = 0.5 if np.issubdtype(y.dtype, np.integer) else 0
        most = rounding + 1e-6 * np.max(np.abs(known))  # sums are float32
        off = np.abs(y[judged] - expected)
        if np.any(off > most):
            wrong.append(f"samples, off by {off.max():g}")
            break
    return wrong


def run(program, config, inputs, out):
    command = [program, "run", config, *inputs, "--out", out, "--quiet"]
    return subprocess.run([str(word) for word in command], capture_output=True, text=True)


def judge_refusal(scene, word):
    if scene["status"] == "done":
        return ["was not refused"]
    return [] if word in scene["error"] else [f"no advice: {scene['error']}"]


def table(program, config, files, compare, folder):
    """Prints a line for each scene and returns how many are not as they should be."""
    out = pathlib.Path(folder) / config.stem
    result = run(program, config, files, out)
    scenes = {scene["input"]: scene for scene in json.loads((out / "run.json").read_text())["scenes"]}
    bad = 0 if result.returncode == 1 else 1  # some scenes are refused
    for path in files:
        scene = scenes[str(path)]
        if path.stem in REFUSED:
            wrong, note = judge_refusal(scene, REFUSED[path.stem]), "refused with advice"
        elif scene["status"] != "done":
            wrong, note = [scene["error"]], ""
        else:
            after = Raster(scene["outputs"][0]["path"])
            wrong, note = compare(Raster(path), after), "as it should be"
        print(f"{config.stem:8} {path.name:45} {'; '.join(wrong).upper() if wrong else note}")
        bad += bool(wrong)
    return bad


def main(program, configs, root):
    root = pathlib.Path(root).resolve()
    files = [path for path in sorted(root.rglob("*")) if path.suffix.lower() in (".tif", ".tiff", ".ntf")]
    if not files:
        skip(f"no scenes at {root}")
    gdal.PushErrorHandler("CPLQuietErrorHandler")
    configs = pathlib.Path(configs)
    with tempfile.TemporaryDirectory() as folder:
        bad = table(program, configs / "copy.yaml", files, compare_copy, folder)
        bad += table(program, configs / "degrade.yaml", files, compare_degraded, folder)
    print(f"{len(files)} scenes, {bad} lines not as they should be")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
