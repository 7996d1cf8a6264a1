// PSNR, SSIM, SAM and ERGAS by node.
#include "pipeline/app/quality_table.h"

#include <fmt/format.h>

namespace nadir::app {

std::string quality_table(const Json& scene) {
  std::string rows;
  for (const auto& [node, value] : scene["values"].items()) {
    const Json& record = value["record"];
    if (!record.contains("psnr") || !record.contains("ssim")) continue;
    rows += fmt::format("{:<20}", node);
    for (const char* name : {"psnr", "ssim", "sam_deg", "ergas"})
      rows += record.contains(name) && record[name].is_number() ? fmt::format("{:>10.4f}", record[name].get<double>())
                                                                : fmt::format("{:>10}", "-");
    rows += "\n";
  }
  if (rows.empty()) return rows;
  return fmt::format("\n{:<20}{:>10}{:>10}{:>10}{:>10}\n", scene["name"].get<std::string>(), "PSNR dB", "SSIM",
                     "SAM deg", "ERGAS") +
         rows + "\n";
}

}  // namespace nadir::app
