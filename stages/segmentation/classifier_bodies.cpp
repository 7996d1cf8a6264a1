// The methods that a model file can hold.
#include "stages/segmentation/classifier_bodies.h"

#include "stages/segmentation/committee.h"
#include "stages/segmentation/forest.h"
#include "stages/segmentation/gaussian.h"
#include "stages/segmentation/network.h"
#include "stages/segmentation/svm.h"

namespace nadir {

std::shared_ptr<Classifier> read_body(const std::string& method, FeatureSpec spec, std::vector<ClassInfo> classes,
                                      ByteReader& in) {
  if (method == "random_forest") return Forest::read(std::move(spec), std::move(classes), in);
  if (method == "network") return NetworkClassifier::read(std::move(spec), std::move(classes), in);
  if (method == "svm") return SvmClassifier::read(std::move(spec), std::move(classes), in);
  if (method == "committee") return Committee::read(spec, classes, in);
  for (const GaussianKind kind : {GaussianKind::likelihood, GaussianKind::centres})
    if (method == name_of(kind)) return GaussianClassifier::read(std::move(spec), std::move(classes), kind, in);
  throw Error(Fault::data, "holds a classifier of a kind that this version does not know: '" + method + "'");
}

}  // namespace nadir
