#include "manifests/spec/search_space.h"

#include <limits>

#include <gtest/gtest.h>

namespace sweepjob {
namespace {

Parameter choice(const std::string& name, std::vector<ChoiceEntry> entries) {
  Parameter parameter;
  parameter.name = parameter.path = name;
  parameter.kind = DistributionKind::Choice;
  parameter.choices = std::move(entries);
  return parameter;
}

Parameter literals(const std::string& name, int count) {
  std::vector<ChoiceEntry> entries;
  for (int i = 0; i < count; ++i) entries.push_back({Value(i), {}});
  return choice(name, std::move(entries));
}

Parameter randint(const std::string& name, std::int64_t upper) {
  Parameter parameter;
  parameter.name = parameter.path = name;
  parameter.kind = DistributionKind::RandInt;
  parameter.upper = upper;
  return parameter;
}

Parameter uniform(const std::string& name) {
  Parameter parameter;
  parameter.name = parameter.path = name;
  return parameter;
}

// The example of azure-sweep section 6, with a further level below `forest`.
SearchSpace nested_space(Parameter svm_leaf) {
  Parameter deep = choice("kind", {{Value("a"), {}}, {Value(), {{"depth", literals("depth", 3)}}}});
  ChoiceEntry svm{Value(), {{"name", Value("svm")}, {"C", std::move(svm_leaf)}}};
  ChoiceEntry forest{Value(),
                     {{"name", Value("forest")}, {"trees", literals("trees", 2)}, {"kind", deep}}};
  return {{literals("batch", 5), choice("model", {svm, forest, {Value("none"), {}}})}};
}

TEST(SearchSpace, GridCountsTheLeavesOfEachBranch) {
  // svm: 4; forest: 2 x (1 + 3); none: 1; times 5 batches.
  EXPECT_EQ(grid_size(nested_space(literals("C", 4))), 5U * (4 + 2 * 4 + 1));
  EXPECT_EQ(grid_size(nested_space(randint("C", 10))), 5U * (10 + 2 * 4 + 1));
}

TEST(SearchSpace, GridIsZeroWhenAnyBranchIsContinuous) {
  EXPECT_EQ(grid_size(nested_space(uniform("C"))), 0U);
  EXPECT_EQ(grid_size({{literals("a", 2), uniform("b")}}), 0U);
}

TEST(SearchSpace, GridOfNothingHasOnePoint) { EXPECT_EQ(grid_size({}), 1U); }

TEST(SearchSpace, GridSaturatesInsteadOfWrapping) {
  const auto most = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(grid_size({{randint("a", most), randint("b", 2)}}),
            std::numeric_limits<std::uint64_t>::max() - 1);
  EXPECT_EQ(grid_size({{randint("a", most), randint("b", 3)}}),
            std::numeric_limits<std::uint64_t>::max());
  // A continuous parameter behind a saturated product still answers 0.
  EXPECT_EQ(grid_size({{randint("a", most), randint("b", most), uniform("c")}}), 0U);
}

TEST(SearchSpace, ListsEveryParameterOnceParentsFirst) {
  const SearchSpace space = nested_space(uniform("C"));
  std::vector<std::string> paths;
  std::vector<std::size_t> depths;
  for (const LeafParameter& leaf : all_parameters(space)) {
    paths.push_back(leaf.branch_path);
    depths.push_back(leaf.depth);
  }
  EXPECT_EQ(paths, (std::vector<std::string>{"batch", "model", "model[0].C", "model[1].trees",
                                             "model[1].kind", "model[1].kind[1].depth"}));
  EXPECT_EQ(depths, (std::vector<std::size_t>{0, 0, 1, 1, 1, 2}));
}

}  // namespace
}  // namespace sweepjob
