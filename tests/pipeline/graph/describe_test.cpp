#include "pipeline/graph/describe.h"

#include <gtest/gtest.h>

#include "tests/support/toy_stages.h"

namespace nadir {
namespace {

// Configs allow plain ids only; graphs made otherwise may have any.
class DescribeGraph : public ::testing::Test {
 protected:
  void SetUp() override {
    graph_.nodes[0].id = "a\"b";
    graph_.nodes[1].id = "c\\d";
  }

  test::Collected collected_;
  Registry registry_ = test::toy_registry(collected_);
  Graph graph_ =
      parse_graph("nadir: 1\ngraph:\n  a: {stage: read}\n  b: {stage: smooth, in: a}\n  out: {stage: collect, in: b}\n",
                  "test.yaml", registry_);
};

TEST_F(DescribeGraph, quotes_the_names_of_nodes_in_dot) {
  const std::string dot = graph_as_dot(graph_);
  EXPECT_NE(dot.find(R"("a\"b" [label="a\"b\nread"];)"), std::string::npos) << dot;
  EXPECT_NE(dot.find(R"("a\"b" -> "c\\d" [label="image"];)"), std::string::npos) << dot;
}

TEST_F(DescribeGraph, quotes_the_names_of_nodes_in_mermaid) {
  const std::string mermaid = graph_as_mermaid(graph_);
  EXPECT_NE(mermaid.find("a_b[\"a#quot;b<br/>"), std::string::npos) << mermaid;
  EXPECT_NE(mermaid.find("a_b -- image --> c_d"), std::string::npos) << mermaid;
}

}  // namespace
}  // namespace nadir
