// Error texts and the search for the name that was meant.
#include "pipeline/core/error.h"

#include <algorithm>
#include <numeric>

namespace nadir {
namespace {

std::string join_lines(const std::string& file, const std::vector<Diagnostic>& diagnostics) {
  std::string text;
  for (const Diagnostic& d : diagnostics) text += (text.empty() ? "" : "\n") + to_text(file, d);
  return text;
}

// Levenshtein distance with adjacent transpositions (optimal string alignment).
std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = last;
    last = row;
  }
  return last.back();
}

// A name without its unit, or broken off; shorter words begin too much.
std::string only_one_beginning_with(const std::string& word, const std::vector<std::string>& candidates) {
  if (word.size() < 3) return "";
  const auto begins = [&word](const std::string& c) { return c.starts_with(word); };
  const auto first = std::find_if(candidates.begin(), candidates.end(), begins);
  const bool one = first != candidates.end() && std::find_if(first + 1, candidates.end(), begins) == candidates.end();
  return one ? *first : "";
}

}  // namespace

Error::Error(Fault fault, std::string message)
    : std::runtime_error(message), fault_(fault), text_(std::move(message)) {}

Error& Error::add_frame(std::string frame) {
  text_ += " [" + frame + "]";
  return *this;
}

ConfigError::ConfigError(std::string file, std::vector<Diagnostic> diagnostics)
    : Error(Fault::config, join_lines(file, diagnostics)), diagnostics_(std::move(diagnostics)) {}

std::string to_text(const std::string& file, const Diagnostic& d) {
  const std::string place =
      d.place.line > 0 ? file + ":" + std::to_string(d.place.line) + ":" + std::to_string(d.place.column) : file;
  return place + ": " + d.message + (d.path.empty() ? "" : " (" + d.path + ")");
}

std::string nearest_name(const std::string& word, const std::vector<std::string>& candidates) {
  std::string best = only_one_beginning_with(word, candidates);
  if (!best.empty()) return best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string& c : candidates) {
    const std::size_t d = edit_distance(word, c);
    if (d < best_distance) {
      best_distance = d;
      best = c;
    }
  }
  return best;
}

}  // namespace nadir
