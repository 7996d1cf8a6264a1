// Which method reads which part of a model file.
#pragma once

#include "stages/segmentation/classifier.h"

namespace nadir {

/// The classifier whose method is so called, from what its write_body() wrote.
std::shared_ptr<Classifier> read_body(const std::string& method, FeatureSpec spec, std::vector<ClassInfo> classes,
                                      ByteReader& in);

}  // namespace nadir
