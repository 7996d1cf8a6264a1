// The program: one function a command, and the exit codes that scripts rely on.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "io/io.h"
#include "pipeline/app/bench.h"
#include "pipeline/app/bench_graph.h"
#include "pipeline/app/command_line.h"
#include "pipeline/app/describe_stages.h"
#include "pipeline/app/evaluate.h"
#include "pipeline/app/record_json.h"
#include "pipeline/app/report.h"
#include "pipeline/app/run_command.h"
#include "pipeline/app/run_folder.h"
#include "pipeline/app/sample.h"
#include "pipeline/app/schema.h"
#include "pipeline/app/shell_word.h"
#include "pipeline/app/version.h"
#include "pipeline/graph/describe.h"
#include "stages/stages.h"

namespace nadir::app {
namespace {

constexpr std::size_t kSmallCache = std::size_t{64} << 20;  // for commands without a memory budget

Registry all_known_stages() {
  std::vector<StageInfo> stages = io_stages();
  for (StageInfo& s : all_stages()) stages.push_back(std::move(s));
  return Registry(std::move(stages));
}

void add_config(CLI::App& command, RunRequest& r) {
  command.add_option("config", r.config, "The graph, a YAML file")->required();
  command.add_option("--set", r.overrides, "Override a parameter: node.parameter=value")
      ->type_name("N.P=V")
      ->allow_extra_args(false);  // one each, so that scenes may follow
}

void add_run_options(CLI::App& command, RunRequest& r) {
  add_config(command, r);
  command.add_option("inputs", r.inputs, "Scenes: files, folders, patterns, /vsi paths")->required();
  command.add_option("--truth", r.truth, "The ground survey")->type_name("FILE");
  command.add_option("--threads", r.threads, "Threads; default: all cores")->check(CLI::Range(1, 1024));
  command.add_option("--memory", r.memory, "Memory budget, as 512MiB or 4GiB")->type_name("SIZE");
  command.add_flag("--json", r.json, "Print the result as JSON");
}

// Class names and paths may hold bytes that are no UTF-8.
std::string text_of(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace); }

std::int64_t most_seed() { return std::int64_t(find_param(params_of<RunSettings>(), "seed")->limits.max); }

class Commands {
 public:
  Commands(CLI::App& app, int argc, char** argv) : app_(app) {
    for (int i = 0; i < argc; ++i) run_.command_line += (i ? " " : "") + shell_word(argv[i]);
    if (argc > 0) run_.program = shell_word(argv[0]);
    add_run();
    add_finish();
    add_plan();
    add_graph_commands();
    add_listings();
    add_sample();
    add_evaluate();
    add_bench();
    add_report();
  }
  int exit_code() const { return exit_code_; }

 private:
  static std::function<void(const std::string&)> set(std::string& text) {
    return [&text](const std::string& word) { text = word; };
  }

  CLI::App* command(const char* name, const char* doc, std::function<int()> body) {
    CLI::App* c = app_.add_subcommand(name, doc);
    c->callback([this, body = std::move(body)] { exit_code_ = body(); });
    return c;
  }

  void add_run() {
    CLI::App* c = command("run", "Run a graph over scenes", [this] { return run_command(run_, registry_); });
    add_folder_options(*c);
    c->add_option("--unit", run_.unit, "Compute only the K-th of N parts of the work; see plan --units")
        ->type_name("K/N");
    add_choice(*c, "--device", set(run_.device), "Where stages that can run on a GPU run", {"auto", "cpu", "cuda"});
    c->add_option("--trace", run_.trace, "Write a trace for Perfetto")->type_name("FILE");
    c->add_flag("--restart", run_.restart, "Forget what an earlier run in this folder has completed");
    c->add_flag("--fail-fast", run_.fail_fast, "Stop at the first scene that fails");
  }

  void add_finish() {
    CLI::App* c = command("finish", "Put together what the units of a run have computed", [this] {
      run_.only_finish = true;
      return run_command(run_, registry_);
    });
    add_folder_options(*c);
  }

  void add_folder_options(CLI::App& command) {
    CLI::App* c = &command;
    add_run_options(*c, run_);
    c->add_option("--out", run_.out, "Output folder")->required()->type_name("DIR");
    c->add_flag("--quiet", run_.quiet, "No progress, only warnings and errors");
    const auto set_format = [this](const std::string& name) {
      run_.log_format = name == "json" ? LogFormat::json : LogFormat::text;
    };
    add_choice(*c, "--log-format", set_format, "Messages for people or, one object a line, for machines",
               {"text", "json"});
  }

  void add_plan() {
    CLI::App* c =
        command("plan", "Show what a run would do; reads no pixel", [this] { return plan_command(run_, registry_); });
    add_run_options(*c, run_);
    c->add_option("--out", run_.out, "Output folder")->type_name("DIR");
    c->add_option("--units", run_.units, "Print the commands for so many processes that share the work")
        ->check(CLI::Range(2, 100000));
  }

  void add_graph_commands() {
    CLI::App* v = command("validate", "Check a config; lists all problems at once", [this] {
      const Graph graph = load_graph(run_.config, registry_, run_.overrides);
      fmt::print("{}: {} nodes, no problems\n", run_.config, graph.nodes.size());
      return 0;
    });
    add_config(*v, run_);
    CLI::App* g = command("graph", "Draw a graph", [this] {
      const Graph graph = load_graph(run_.config, registry_, run_.overrides);
      fmt::print("{}", format_ == "dot"       ? graph_as_dot(graph)
                       : format_ == "mermaid" ? graph_as_mermaid(graph)
                                              : graph_as_text(graph));
      return 0;
    });
    add_config(*g, run_);
    add_choice(*g, "--format", set(format_), "The language of the drawing", {"dot", "mermaid", "text"});
  }

  void add_listings() {
    CLI::App* c = command("stages", "List or explain stages", [this] {
      print_stages();
      return 0;
    });
    c->add_option("name", stage_, "One stage, or run for the settings of a run");
    c->add_flag("--json", run_.json, "Print as JSON");
    command("schema", "JSON Schema of configs, for editors", [this] {
      fmt::print("{}\n", config_schema(registry_, params_of<RunSettings>()).dump(2));
      return 0;
    });
  }

  void print_stages() const {
    const ParamTable& run = params_of<RunSettings>();
    if (stage_ == "run")
      fmt::print("{}", run_.json ? run_settings_json(run).dump(2) + "\n" : explain_run(run));
    else if (stage_.empty())
      fmt::print("{}", run_.json ? stages_json(registry_).dump(2) + "\n" : list_stages(registry_));
    else if (run_.json)
      fmt::print("{}\n", stage_json(stage_named(registry_, stage_)).dump(2));
    else
      fmt::print("{}", explain_stage(stage_named(registry_, stage_)));
  }

  void add_sample() {
    CLI::App* c = command("sample", "Write the built-in demonstration: scenes and a survey", [this] {
      configure_io(kSmallCache);
      write_sample(dir_, std::uint64_t(seed_));
      fmt::print("{0}/scenes\n{0}/survey.gpkg\n{0}/sample.json\n", dir_);
      return 0;
    });
    c->add_option("dir", dir_, "Folder")->required();
    c->add_option("--seed", seed_, "Another landscape")->check(CLI::Range(std::int64_t{0}, most_seed()));
  }

  void add_evaluate() {
    CLI::App* c = command("evaluate", "Score an image against a reference, or a mask against a survey", [this] {
      configure_io(kSmallCache);
      const Record record = evaluate();
      fmt::print("{}", run_.json ? text_of(json_of(record)) + "\n" : record_text(record));
      return 0;
    });
    CLI::Option_group* against = c->add_option_group("against");
    CLI::Option* reference =
        against->add_option("--reference", reference_, "The image that is right")->type_name("FILE");
    CLI::Option* truth =
        against->add_option("--truth", run_.truth, "The survey, or a mask that is right (GeoTIFF)")->type_name("FILE");
    against->require_option(1);
    CLI::Option* image = c->add_option("image", image_, "Image or mask");
    c->add_option("--mapped-field", mapped_field_, "Field of the survey that holds the mapped class; needs no mask")
        ->needs(truth)
        ->excludes(image);
    c->add_option("--crop", compare_.crop, "Pixels left out along every edge")
        ->check(CLI::Range(0, 100000))
        ->needs(reference);
    c->add_option("--scale", compare_.scale, "Pixel size of the coarse original over that of the image, for ERGAS")
        ->check(CLI::Range(1.0, 64.0))
        ->needs(reference);
    c->add_option("--band", compare_.band, "Name or number of a band, or luma for that of RGB images")
        ->needs(reference);
    c->add_option("--class-field", class_field_, "Field of the survey that holds the class")->needs(truth);
    c->add_flag("--json", run_.json, "Print as JSON");
  }

  Record evaluate() const {
    if (!mapped_field_.empty()) return evaluate_samples(registry_, run_.truth, class_field_, mapped_field_);
    if (image_.empty()) throw Error(Fault::usage, "name the image or mask to evaluate, or --mapped-field");
    if (reference_.empty()) return evaluate_mask(registry_, run_.truth, image_, class_field_);
    return evaluate_image(registry_, reference_, image_, compare_);
  }

  void add_bench() {
    CLI::App* c =
        command("bench", "Measure a graph on a scene, or stages alone, on this machine", [this] { return bench(); });
    CLI::Option* config =
        c->add_option("config", graph_bench_.run.config, "A graph; without one, single stages are measured");
    CLI::Option* input = c->add_option("input", graph_bench_.run.inputs, "A scene for the graph")->expected(0, 1);
    config->needs(input);
    c->add_option("--truth", graph_bench_.run.truth, "The ground survey")->type_name("FILE")->needs(config);
    c->add_option("--sweep", graph_bench_.sweep, "node.parameter=a,b,c: measure each, mark the Pareto front")
        ->allow_extra_args(false)
        ->needs(config);
    c->add_option("--memory", graph_bench_.run.memory, "Memory budget of the graph")->type_name("SIZE")->needs(config);
    c->add_option("--stage", bench_.stages, "Stages; default: all tile stages")->excludes(config);
    c->add_option("--set", run_.overrides, "node.parameter=value of the graph, parameter=value of the stage")
        ->allow_extra_args(false);
    c->add_option("--size", bench_.size, "Stages: edge of the image, pixels")
        ->check(CLI::Range(64, 32768))
        ->excludes(config);
    c->add_option("--tile", bench_.tile, "Stages: edge of a tile, pixels")
        ->check(CLI::Range(16, 32768))
        ->excludes(config);
    c->add_option("--threads", bench_.threads, "Threads; default: one")->check(CLI::Range(1, 1024));
    c->add_option("--repeats", bench_.repeats, "Repetitions; the median counts")->check(CLI::Range(1, 1000));
    add_choice(*c, "--device", set(run_.device), "Where to measure", {"cpu", "cuda"});
    c->add_option("--compare", before_, "Show the ratio to an earlier result, a file made with --json")
        ->type_name("FILE");
    c->add_flag("--json", run_.json, "Print as JSON");
  }

  int bench() {
    const Json before = before_.empty() ? Json() : read_json_file(before_);
    const Json result = graph_bench_.run.config.empty() ? bench_stages() : bench_one_graph();
    const bool graph = result.contains("variants");
    fmt::print("{}", run_.json ? text_of(result) + "\n" : graph ? bench_graph_text(result) : bench_text(result));
    if (!before_.empty()) fmt::print(run_.json ? stderr : stdout, "{}", compare_bench(before, result));
    return 0;
  }

  Json bench_stages() {
    bench_.device = run_.device == "cuda" ? Device::cuda : Device::cpu;
    bench_.params = run_.overrides;
    return nadir::app::bench(registry_, bench_);
  }

  Json bench_one_graph() {
    graph_bench_.run.overrides = run_.overrides;
    graph_bench_.run.device = run_.device.empty() ? "cpu" : run_.device;
    graph_bench_.run.threads = bench_.threads;
    graph_bench_.repeats = bench_.repeats;
    return bench_graph(registry_, graph_bench_);
  }

  void add_report() {
    CLI::App* c = command("report", "Write DIR/report.html from DIR/run.json", [this] { return report_command(dir_); });
    c->add_option("dir", dir_, "Output folder of a run")->required();
  }

  CLI::App& app_;
  Registry registry_ = all_known_stages();
  RunRequest run_;
  BenchOptions bench_;
  GraphBenchOptions graph_bench_;
  std::string before_;
  CompareOptions compare_;
  std::string reference_;
  std::string image_;
  std::string class_field_;
  std::string mapped_field_;
  std::string stage_;
  std::string format_ = "text";
  std::string dir_;
  std::int64_t seed_ = 0;
  int exit_code_ = 0;
};

int run(int argc, char** argv) {
  CLI::App app{"Nadir: from satellite imagery and a ground survey to sharp, aligned, assessed masks"};
  app.set_version_flag("--version", std::string("nadir ") + kVersion);
  app.require_subcommand(1);
  Commands commands(app, argc, argv);
  if (const std::string complaint = unknown_word(app, argc, argv); !complaint.empty())
    throw Error(Fault::usage, complaint);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : int(Fault::usage);
  }
  return commands.exit_code();
}

}  // namespace
}  // namespace nadir::app

int main(int argc, char** argv) {
  try {
    return nadir::app::run(argc, argv);
  } catch (const nadir::Error& e) {
    std::cerr << e.what() << "\n";
    return int(e.fault());
  } catch (const std::exception& e) {
    std::cerr << "nadir: " << e.what() << "\n";
    return int(nadir::Fault::internal);
  }
}
