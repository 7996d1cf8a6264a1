// What an earlier, interrupted run found out about a scene: values, models, finished outputs.
#include "pipeline/graph/earlier_run.h"

#include <filesystem>
#include <utility>

#include "pipeline/core/error.h"
#include "pipeline/graph/record_file.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

// Of models, which are files beside the outputs, the saved value is where.
constexpr const char* kModelFile = "= model file";

// What is saved names files from the scene's folder on, which may be moved or be named from elsewhere.
std::string from_folder(const std::string& folder, const std::string& path) {
  return path.starts_with(folder + "/") ? path.substr(folder.size() + 1) : path;
}
std::string in_folder(const std::string& folder, const std::string& path) { return (fs::path(folder) / path).string(); }

template <class Change>
Record with_paths(Record facts, const Change& change) {
  for (const char* name : {"path", "picture"})
    if (const Scalar* path = facts.find(name)) facts.set(name, change(std::get<std::string>(*path)));
  return facts;
}

}  // namespace

std::string EarlierRun::saved(int n) const {
  return scene_.inputs().work_dir + "/" + scene_.node(n).id + ".found.yaml";
}

bool EarlierRun::restore_value(int n) {
  if (!is_resumable()) return false;
  auto value = load_value(saved(n), scene_.resume_key(""));
  return value && restore(n, std::move(*value));
}

bool EarlierRun::restore(int n, Value value) {
  BoundNode& b = scene_.bound(n);
  const auto* record = std::get_if<Record>(&value);
  const Scalar* file = record ? record->find(kModelFile) : nullptr;
  if (!file) {
    b.value = std::move(value);
    return true;
  }
  try {
    b.model_file = in_folder(scene_.inputs().output_dir, std::get<std::string>(*file));
    b.value = scene_.node(n).stage->read_model(load_model(b.model_file));
  } catch (const Error&) {
    return false;
  }
  if (log_) log_(scene_.node(n).id + ": is there from an earlier run");
  return true;
}

void EarlierRun::save_value_of(int n) {
  BoundNode& b = scene_.bound(n);
  const std::string& folder = scene_.inputs().output_dir;
  const auto* model = std::get_if<ModelPtr>(&b.value);
  if (const std::string bytes = model && *model ? (*model)->bytes() : ""; !bytes.empty()) {
    b.model_file = folder + "/" + scene_.node(n).id + ".model";
    save_model(b.model_file, bytes);
  }
  if (!is_resumable()) return;
  const Record where{{kModelFile, from_folder(folder, b.model_file)}};
  save_value(saved(n), scene_.resume_key(""), b.model_file.empty() ? b.value : Value(where));
}

std::optional<Record> EarlierRun::finished_output(int n) const {
  if (!is_resumable()) return {};
  auto facts = load_record(saved(n), scene_.resume_key(""));
  if (!facts) return {};
  facts = with_paths(*facts, [this](const std::string& path) { return in_folder(scene_.inputs().output_dir, path); });
  const Scalar* path = facts->find("path");
  if (!path) return {};
  std::error_code gone;
  const auto bytes = fs::file_size(std::get<std::string>(*path), gone);
  return !gone && double(bytes) >= facts->number("bytes", 0) ? facts : std::nullopt;
}

void EarlierRun::save_output(int n) const {
  if (!is_resumable()) return;
  save_record(saved(n), scene_.resume_key(""), with_paths(scene_.bound(n).sink_facts, [this](const std::string& path) {
                return from_folder(scene_.inputs().output_dir, path);
              }));
}

}  // namespace nadir
