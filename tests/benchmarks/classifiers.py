#!/usr/bin/python3
"""Accuracy of classifiers on real surveys, split by survey feature with scikit-learn's StratifiedGroupKFold.

    tests/benchmarks/classifiers.py build/nadir ../shared/data/truth [--seeds 5] [--variant NAME ...] [--only DATA ...]

For every fold the survey is written with a field that keeps the fold's features for testing; the program trains on the
others and assesses the mask on the kept ones; pixels are pooled over folds. Seed 0 is the split that the data's MANIFEST
gives scikit-learn's figures for; other seeds draw other folds. Prints two tables: seed 0, mean and standard deviation over
the seeds of every variant; and what each part adds, as mean and standard deviation of the difference on the same folds.
Accuracies are kept in --cache, by a hash of all that they depend on (the program, too), so that a run that was broken off
goes on and a second one only prints. Needs GDAL's Python bindings and scikit-learn.
"""
import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import sklearn
from osgeo import gdal, ogr
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import StratifiedGroupKFold

gdal.UseExceptions()

DATA = {  # scene, survey, class field, folds
    "aber_s2": ("aber_s2/s2_aber_20210527_10b_u16_27700.tif", "aber_s2/truth_polygons.gpkg", None, 5),
    "chiapas_le7": ("chiapas_le7/LE70220491999322EDC01_stack.tif", "chiapas_le7/training_data.shp", None, 2),
    "para_l5": ("para_l5_rstoolbox/rstoolbox_lsat_7b_u8.tif", "para_l5_rstoolbox/trainingPolygons_lsat.gpkg", None, 5),
    "fergana": ("fergana_field_survey/ndvi_5dates_int16.tif", "fergana_field_survey/fieldData.gpkg", "crop", 4),
    "rondonia": ("rondonia_l8_points/LC08_232066_20190727.tif", "rondonia_l8_points/endmembers.shp", None, 5),
}

SCENE = "scene: {stage: read_geotiff}\n"
MODEL = "model: {{stage: fit_classifier, in: {{image: {image}, {more}truth: survey}}, folds: 0, {params}}}\n"
CLASSES = "classes: {{stage: classify, in: {{image: {image}, {more}model: model}}}}\n"
TEXTURE = "bands: {stage: qmf_decompose, in: scene, filter: haar, levels: 2}\n"


def graph(params, image="scene", texture=False, extra="", after="", labels="classes"):
    more = "subbands: bands, " if texture else ""
    nodes = SCENE + "survey: {stage: read_survey, test_field: nadir_split, class_field: %s}\n"
    nodes += (TEXTURE if texture else "") + extra
    nodes += MODEL.format(image=image, more=more, params=params) + CLASSES.format(image=image, more=more) + after
    nodes += "accuracy: {stage: assess, in: {labels: %s, truth: survey}}\n" % labels
    return "nadir: 1\ngraph:\n" + "".join("  " + line + "\n" for line in nodes.splitlines())


MAJORITY = "calm: {stage: smooth_labels, in: classes}\n"
POTTS = ("calm: {stage: smooth_labels, in: {labels: classes, probabilities: classes.probabilities}, method: potts, "
         "beta: %s}\n")
VARIANTS = {
    "forest": graph("method: random_forest"),
    "likelihood": graph("method: maximum_likelihood"),
    "likelihood, shrinkage 0.2": graph("method: maximum_likelihood, shrinkage: 0.2"),
    "network": graph("method: network"),
    "svm": graph("method: svm"),
    "svm, c 100": graph("method: svm, svm_c: 100"),
    "forest + mean": graph("method: random_forest, texture_levels: 0", texture=True),
    "forest + texture": graph("method: random_forest", texture=True),
    "network + texture": graph("method: network", texture=True),
    "svm + texture": graph("method: svm", texture=True),
    "forest, 100 random px a class": graph("method: random_forest, max_samples_per_class: 100"),
    "forest, 100 herded px a class": graph("method: random_forest, max_samples_per_class: 100, sampling: herding"),
    "forest, covered fractions": graph("method: random_forest, coverage: fraction"),
    "network + curriculum": graph("method: network, curriculum: true"),
    "svm + majority": graph("method: svm", after=MAJORITY, labels="calm"),
    "svm + potts": graph("method: svm", after=POTTS % 0.7, labels="calm"),
    "forest + potts": graph("method: random_forest", after=POTTS % 0.7, labels="calm"),
    "committee": graph("method: committee"),
    "committee + texture": graph("method: committee", texture=True),
    "committee + mean": graph("method: committee, texture_levels: 0", texture=True),
    "auto": graph("method: auto"),
    "auto + mean": graph("method: auto, texture_levels: 0", texture=True),
    "auto + texture": graph("method: auto", texture=True),
}
PARTS = {  # what is added: with it, without it
    "texture, forest": ("forest + texture", "forest"),
    "texture, network": ("network + texture", "network"),
    "texture, SVM": ("svm + texture", "svm"),
    "texture, committee": ("committee + texture", "committee"),
    "mean alone, forest": ("forest + mean", "forest"),
    "mean alone, committee": ("committee + mean", "committee"),
    "herding instead of random, forest, 100 px a class":
        ("forest, 100 herded px a class", "forest, 100 random px a class"),
    "pixels by covered fraction, forest": ("forest, covered fractions", "forest"),
    "curriculum, network": ("network + curriculum", "network"),
    "majority of 3 x 3, SVM": ("svm + majority", "svm"),
    "Potts, SVM": ("svm + potts", "svm"),
    "Potts, forest": ("forest + potts", "forest"),
}


def pixels(scene, survey, field):
    """Class and feature of every surveyed pixel, as the program sees them: by rasterising at pixel centres."""
    raster = gdal.Open(scene)
    bands = raster.ReadAsArray().reshape(raster.RasterCount, -1).T
    vector = ogr.Open(survey)
    memory = ogr.GetDriverByName("Memory").CreateDataSource("m")
    target = raster.GetSpatialRef()
    layers = [vector.GetLayer(i) for i in range(vector.GetLayerCount())]
    out = memory.CreateLayer("s", target)
    out.CreateField(ogr.FieldDefn("n", ogr.OFTInteger))
    classes, number = [], 0
    for layer in layers:
        for feature in layer:
            geometry = feature.GetGeometryRef().Clone()
            source = layer.GetSpatialRef()
            if source and not source.IsSame(target):
                geometry.TransformTo(target)
            row = ogr.Feature(out.GetLayerDefn())
            number += 1
            row.SetField("n", number)
            row.SetGeometry(geometry)
            out.CreateFeature(row)
            classes.append(str(feature.GetField(field)))
    index = gdal.GetDriverByName("MEM").Create("", raster.RasterXSize, raster.RasterYSize, 1, gdal.GDT_Int32)
    index.SetGeoTransform(raster.GetGeoTransform())
    index.SetSpatialRef(target)
    gdal.RasterizeLayer(index, [1], out, options=["ATTRIBUTE=n"])
    flat = index.ReadAsArray().ravel()
    at = np.flatnonzero(flat)
    return bands[at], np.array(classes)[flat[at] - 1], flat[at] - 1


def class_field(survey):
    file = ogr.Open(survey)
    layer = file.GetLayer(0)
    names = [layer.GetLayerDefn().GetFieldDefn(i).GetName() for i in range(layer.GetLayerDefn().GetFieldCount())]
    for wanted in ("class", "classname", "class_name", "landcover", "label", "crop", "id", "type"):
        for name in names:
            if name.lower() == wanted:
                return name
    raise SystemExit(f"{survey}: which of {names} is the class?")


def folds_of(y, groups, k, seed):
    split = StratifiedGroupKFold(n_splits=k, shuffle=True, random_state=seed)
    fold = {}
    for number, (_, test) in enumerate(split.split(np.zeros(len(y)), y, groups)):
        fold.update({g: number for g in groups[test]})
    return fold


def write_split(survey, path, fold, number):
    Path(path).unlink(missing_ok=True)
    gdal.VectorTranslate(path, survey, format="GPKG", layerName="survey")
    file = ogr.Open(path, 1)
    layer = file.GetLayer(0)
    layer.CreateField(ogr.FieldDefn("nadir_split", ogr.OFTString))
    ids = []
    for feature in layer:
        ids.append(feature.GetFID())
    for n, fid in enumerate(ids):
        feature = layer.GetFeature(fid)
        feature.SetField("nadir_split", "test" if fold.get(n, -1) == number else "train")
        layer.SetFeature(feature)
    del feature, layer, file


def accuracy(nadir, text, scene, survey, field, fold, k, seed, folder):
    right = total = 0
    for number in range(k):
        split = str(folder / "split.gpkg")
        write_split(survey, split, fold, number)
        (folder / "graph.yaml").write_text(text % field)
        run = subprocess.run([nadir, "run", str(folder / "graph.yaml"), scene, "--truth", split, "--out", str(folder / "out"),
                              "--restart", "--quiet", "--set", f"run.seed={seed}"], capture_output=True, text=True)
        if run.returncode != 0:
            raise SystemExit(run.stderr)
        record = json.loads(next((folder / "out").glob("*/accuracy.json")).read_text())
        total += record["samples"]
        right += record["overall_accuracy"] * record["samples"]
    return right / total


def scikit(x, y, groups, fold):
    number = np.array([fold[g] for g in groups])
    predicted = np.empty_like(y)
    for n in np.unique(number):
        forest = RandomForestClassifier(300, random_state=0).fit(x[number != n], y[number != n])
        predicted[number == n] = forest.predict(x[number == n])
    return np.mean(predicted == y)


class Cache:
    """Figures by a hash of what they depend on, in a file that is only ever added to."""

    def __init__(self, path):
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        self.figures = dict(json.loads(line) for line in lines)

    def get(self, depends_on, compute):
        key = hashlib.sha256(json.dumps(depends_on, sort_keys=True).encode()).hexdigest()
        if key not in self.figures:
            self.figures[key] = float(compute())
            with self.path.open("a") as file:
                file.write(json.dumps([key, self.figures[key]]) + "\n")
        return self.figures[key]


class Case:
    """A scene with its survey, and folds of the survey's features for every seed."""

    def __init__(self, name, data, seeds):
        scene, survey, field, self.k = DATA[name]
        self.name, self.scene, self.survey = name, f"{data}/{scene}", f"{data}/{survey}"
        self.field = field or class_field(self.survey)
        self.x, self.y, self.groups = pixels(self.scene, self.survey, self.field)
        self.folds = [folds_of(self.y, self.groups, self.k, seed) for seed in range(seeds)]

    def identity(self, seed):
        return [self.name, self.field, seed, sorted((int(g), f) for g, f in self.folds[seed].items())]

    def scikit(self, cache):
        return [cache.get(["scikit-learn", sklearn.__version__, self.identity(s)],
                          lambda: scikit(self.x, self.y, self.groups, fold)) for s, fold in enumerate(self.folds)]

    def nadir(self, cache, program, digest, text):
        def one(seed, fold):
            with tempfile.TemporaryDirectory() as folder:
                return accuracy(program, text, self.scene, self.survey, self.field, fold, self.k, seed, Path(folder))

        return [cache.get([digest, text, self.identity(s)], lambda: one(s, fold)) for s, fold in enumerate(self.folds)]


def print_row(name, columns):
    print(f"| {name} | " + " | ".join(columns) + " |", flush=True)


def print_head(name, columns):
    print_row(name, columns)
    print("|" + " --- |" * (len(columns) + 1))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("nadir")
    parser.add_argument("data")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--variant", nargs="*", default=list(VARIANTS))
    parser.add_argument("--only", nargs="*", default=list(DATA))
    home = os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache"))
    parser.add_argument("--cache", default=f"{home}/nadir/classifiers.jsonl")
    args = parser.parse_args()
    cache = Cache(args.cache)
    digest = hashlib.sha256(Path(args.nadir).read_bytes()).hexdigest()
    cases = [Case(name, args.data, args.seeds) for name in args.only]

    print_head("variant", args.only)
    show = lambda v: f"{v[0]:.3f}; {np.mean(v):.3f} ± {np.std(v):.3f}"
    print_row("scikit-learn's forest, 300 trees", [show(case.scikit(cache)) for case in cases])
    found = {}
    for variant in args.variant:
        found[variant] = [np.array(case.nadir(cache, args.nadir, digest, VARIANTS[variant])) for case in cases]
        print_row(variant, [show(v) for v in found[variant]])

    print()
    print_head("part", args.only)
    for part, (more, less) in PARTS.items():
        if more in found and less in found:
            gains = [a - b for a, b in zip(found[more], found[less])]
            print_row(part, [f"{np.mean(g):+.3f} ± {np.std(g):.3f}" for g in gains])


if __name__ == "__main__":
    main()
