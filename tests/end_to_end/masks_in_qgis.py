#!/usr/bin/python3
"""A mask and its segments as QGIS opens them: class names in the legend, colours in the picture, valid polygons.

masks_in_qgis.py PROGRAM [--picture FILE.png]    exit 77 where QGIS's Python bindings are missing
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
try:
    from osgeo import gdal
    from qgis.core import (QgsApplication, QgsLayerTreeModel, QgsMapRendererSequentialJob, QgsMapSettings, QgsProject,
                           QgsRasterLayer, QgsVectorLayer)
    from qgis.PyQt.QtCore import QSize
    from qgis.PyQt.QtGui import QColor
except ImportError as problem:
    print(f"skipped: {problem}; install python3-qgis and python3-gdal")
    sys.exit(77)

gdal.UseExceptions()

GRAPH = """
nadir: 1
graph:
  scene:    {stage: read_geotiff}
  survey:   {stage: read_survey}
  model:    {stage: fit_classifier, in: {image: scene, truth: survey}, trees: 20, folds: 0}
  classes:  {stage: classify, in: {image: scene, model: model}}
  mask:     {stage: write_mask, in: classes}
  segments: {stage: write_segments, in: classes.rated, min_px: 4}
"""


def expect(what, is_so):
    print("ok  " if is_so else "FAIL", what)
    return 0 if is_so else 1


def classes_of(mask):
    """Id, name and colour as the TIFF states them."""
    file = gdal.Open(mask)
    table = file.GetRasterBand(1).GetColorTable()
    names = {int(key[6:]): name for key, name in file.GetMetadata().items() if key.startswith("CLASS_")}
    return {k: (name, "#%02x%02x%02x" % table.GetColorEntry(k)[:3]) for k, name in names.items()}


def picture_of(layer):
    """The layer as the map canvas would draw it, one screen pixel a pixel, on white."""
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(layer.crs())
    settings.setExtent(layer.extent())
    settings.setOutputSize(QSize(layer.width(), layer.height()))
    settings.setBackgroundColor(QColor("white"))
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    return job.renderedImage()


def legend_of(layer):
    """Texts of the entries in the layer tree: what stands beside the map."""
    project = QgsProject()
    project.addMapLayer(layer, False)
    node = project.layerTreeRoot().addLayer(layer)
    model = QgsLayerTreeModel(project.layerTreeRoot())
    texts = [entry.data(0) for entry in model.layerLegendNodes(node)]
    project.takeMapLayer(layer)
    return texts


def check_mask(path, picture):
    known = classes_of(path)
    layer = QgsRasterLayer(path, "mask")
    bad = expect(f"mask opens, as {layer.renderer().type()}, {layer.crs().authid()}", layer.isValid())
    shown = {int(c.value): (c.label, c.color.name()) for c in layer.renderer().classes()}
    bad += expect(f"classes have the names and colours of the file: {shown}", shown == known and len(known) > 1)
    legend = legend_of(layer)
    bad += expect(f"the legend names them: {legend}", all(name in legend for name, _ in known.values()))
    image = picture_of(layer)
    if picture:
        image.save(picture)
    ids = gdal.Open(path).ReadAsArray()
    wrong = sum(image.pixelColor(x, y).name() != (known[ids[y, x]][1] if ids[y, x] else "#ffffff")
                for y in range(image.height()) for x in range(image.width()))
    return bad + expect(f"the picture has the class's colour everywhere, {wrong} of {ids.size} have not", wrong == 0)


def check_segments(path, mask):
    layer = QgsVectorLayer(path, "segments")
    features = list(layer.getFeatures())
    bad = expect(f"segments open: {len(features)}, {[f.name() for f in layer.fields()]}", layer.isValid() and features)
    bad += expect("in the mask's reference system", layer.crs() == QgsRasterLayer(mask, "mask").crs())
    bad += expect("all are valid", all(f.geometry().isGeosValid() for f in features))
    known = {k: name for k, (name, _) in classes_of(mask).items()}
    bad += expect("with the class's name", all(known[f["class_id"]] == f["class"] for f in features))
    off = max(abs(f.geometry().area() - f["area_m2"]) for f in features)
    return bad + expect(f"and the area of their outlines, within {off:.1g} m2", off < 1e-3)


def run(program, folder):
    """Folder with the mask and the segments of one scene of the built-in sample."""
    sample, graph = f"{folder}/sample", pathlib.Path(folder, "graph.yaml")
    graph.write_text(GRAPH)
    subprocess.run([program, "sample", sample], check=True, stdout=subprocess.DEVNULL)
    scene = str(next(pathlib.Path(sample, "scenes").glob("*.tif")))
    subprocess.run([program, "run", str(graph), scene, "--truth", f"{sample}/survey.gpkg", "--out", f"{folder}/out",
                    "--quiet"], check=True, stdout=subprocess.DEVNULL)
    return next(pathlib.Path(folder, "out").glob("*/mask.tif")).parent


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--picture")
    args = parser.parse_args()
    application = QgsApplication([], False)
    application.initQgis()
    with tempfile.TemporaryDirectory() as folder:
        out = run(args.program, folder)
        bad = check_mask(f"{out}/mask.tif", args.picture) + check_segments(f"{out}/segments.gpkg", f"{out}/mask.tif")
    application.exitQgis()
    sys.exit(1 if bad else 0)


main()
