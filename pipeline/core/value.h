// The small values that travel on edges: surveys, transforms, statistics, models; and records, their printable form.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "pipeline/core/bend.h"
#include "pipeline/core/survey.h"
#include "pipeline/core/tie_point.h"

namespace nadir {

using Scalar = std::variant<bool, std::int64_t, double, std::string, std::vector<double>, std::vector<std::string>,
                            std::vector<std::vector<double>>>;

/// Named facts in a stated order, as they are written to JSON and reports.
class Record {
 public:
  Record() = default;
  Record(std::initializer_list<std::pair<std::string, Scalar>> fields) : fields_(fields) {}
  void set(std::string name, Scalar value);
  const Scalar* find(const std::string& name) const;
  /// The named number, or the fallback where there is none.
  double number(const std::string& name, double fallback) const;
  const std::vector<std::pair<std::string, Scalar>>& fields() const { return fields_; }
  bool empty() const { return fields_.empty(); }

 private:
  std::vector<std::pair<std::string, Scalar>> fields_;
};

/// Where target pixels come from: pixel (col, row) of the aligned image is pixel (a + b col + c row, d + e col + f row)
/// + bend(col, row) of the image that was measured; fractional coordinates with (0, 0) at the upper-left corner of the
/// first pixel.
struct Transform {
  std::array<double, 6> pixel{0, 1, 0, 0, 0, 1};
  bool reliable = true;  ///< false: nothing significant was found and the transform is the identity
  Record facts;          ///< method, confidence, residuals, and why it is not reliable
  std::optional<Bend> bend{};
  TiePoints tie_points{};  ///< what it was measured from, where that was points

  bool is_shift() const { return !bend && pixel[1] == 1 && pixel[2] == 0 && pixel[4] == 0 && pixel[5] == 1; }
  Point source(double col, double row) const;
};

/// A trained model; the family that trains it derives from this.
class Model {
 public:
  virtual ~Model() = default;
  virtual const std::vector<ClassInfo>& classes() const = 0;
  virtual Record describe() const = 0;
  /// All of it as the content of a file, which StageInfo::read_model reads; empty: it cannot be kept.
  virtual std::string bytes() const { return {}; }
};

using SurveyPtr = std::shared_ptr<const Survey>;
using ModelPtr = std::shared_ptr<const Model>;

/// std::monostate: not known yet (while planning) or not wired.
using Value = std::variant<std::monostate, SurveyPtr, Transform, Record, ModelPtr>;

Record describe(const Value& value);

}  // namespace nadir
