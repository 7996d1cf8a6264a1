// What a run says of a scene in one line.
#include "pipeline/app/findings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace nadir::app {
namespace {

std::string moved_text(const Record& alignment) {
  const Scalar* moved = alignment.find("moved");
  const Scalar* shift = alignment.find("shift_px");
  const Scalar* reason = alignment.find("reason");
  if (moved && shift && std::holds_alternative<std::vector<double>>(*shift) && *moved == Scalar(true))
    return fmt::format(", moved, shift_px ({:.2f})", fmt::join(std::get<std::vector<double>>(*shift), ", "));
  const bool told = moved && reason && std::holds_alternative<std::string>(*reason);
  const Scalar* reliable = alignment.find("reliable");
  if (told && reliable && *reliable == Scalar(false)) return ", not moved";  // a warning says why
  return told ? ", " + std::get<std::string>(*reason) : "";
}

// The accuracy of a model that was trained elsewhere is no accuracy of this scene.
std::string read_model_text(const Record& model) {
  const Scalar* scene = model.find("trained_on");
  const Scalar* accuracy = model.find("held_out_accuracy");
  if (!scene || !std::holds_alternative<std::string>(*scene)) return "";
  return ", model trained on " + std::get<std::string>(*scene) +
         (accuracy ? fmt::format(" (held-out {:.3f})", model.number("held_out_accuracy", 0)) : "");
}

}  // namespace

std::string findings(const SceneReport& report) {
  constexpr std::array figures{std::pair("held_out_accuracy", "held-out accuracy"),
                               std::pair("overall_accuracy", "overall accuracy"),
                               std::pair("psnr_gain_db", "PSNR gain in dB")};
  const auto number = [](const Record& record, const char* name) -> const double* {
    const Scalar* value = record.find("read_from") ? nullptr : record.find(name);
    return value ? std::get_if<double>(value) : nullptr;
  };
  std::string text;
  for (const auto& [node, record] : report.values) {
    if (record.find("read_from")) text += read_model_text(record);
    for (const auto& [name, words] : figures) {
      const double* value = number(record, name);
      if (!value) continue;
      const auto count = std::count_if(report.values.begin(), report.values.end(),
                                       [&](const auto& other) { return number(other.second, name) != nullptr; });
      text += fmt::format(", {}{} {:.3f}", words, count > 1 ? " of " + node : "", *value);
    }
    text += moved_text(record);
  }
  return text;
}

}  // namespace nadir::app
