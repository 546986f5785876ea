// The twelve families, their fits and the ensemble against values of an independent program (numpy
// 1.24.2 and scipy 1.10.1, whose fits come from MINPACK).
#include "policies/learning_curves.h"

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "policies/curve_ensemble.h"

namespace sweepjob {
namespace {

struct ValueRow {
  const char* name;
  double at_1;
  double at_2;
  double at_9;
  double at_15;
  double at_100;
};

const std::vector<ValueRow>& value_rows() {
  constexpr double kNone = -std::numeric_limits<double>::infinity();
  static const std::vector<ValueRow> kRows = {
      {"vap", 0.33551856123579227, 0.4370456509070629, 0.5591906328335763, 0.5834744789682796,
       0.6493207338299846},
      {"pow3", 0.31999999999999995, 0.32359190237274127, 0.33130095942083093, 0.3338928986867693,
       0.34340385526885325},
      {"linear", 1.0, 2.0, 9.0, 15.0, 100.0},
      {"logx_linear", 0.046506, 0.30858910785279864, 0.8772897960382885, 1.0704360293379522,
       1.787748478343213},
      {"dr_hill_zero_background", 0.2864999988509204, 0.3627095549241105, 0.5263003255931269,
       0.5735997323768846, 0.6933592801755181},
      {"log_power", 0.13820804868014633, 0.1828945152455869, 0.3091556524231718, 0.3583440445985549,
       0.5360038684394366},
      {"pow4", 0.21129598134752547, 0.25071972834694123, 0.3274228166523886, 0.3509570580674569,
       0.42855287570621653},
      {"mmf", 0.10000000005999998, 0.10000000192000003, 0.10000354291907942, 0.10004555904036028,
       0.39999999999999997},
      {"exp4", 0.4981034820053446, 0.5321887646968525, 0.604300828320318, 0.625924816230928,
       0.6814049035441911},
      {"ilog2", kNone, 0.1596411324177458, 0.58429856627523, 0.6212141695803923,
       0.6866266863908008},
      {"weibull", 0.10597009975049909, 0.1118807960159468, 0.15164128883726302, 0.18357521414496525,
       0.47927233529713453},
      {"janoschek", 0.2672255274823423, 0.324985653643809, 0.4811510160936565, 0.5378106969987375,
       0.6955510524263834},
  };
  return kRows;
}

TEST(LearningCurves, TheTwelveFamiliesHaveTheirValuesAtTheDefaults) {
  ASSERT_EQ(value_rows().size(), curve_families().size());
  for (std::size_t i = 0; i < curve_families().size(); ++i) {
    const CurveFamily& family = curve_families()[i];
    const ValueRow& row = value_rows()[i];
    SCOPED_TRACE(row.name);
    EXPECT_STREQ(family.name, row.name);
    EXPECT_DOUBLE_EQ(family.value(1, family.defaults), row.at_1);
    EXPECT_DOUBLE_EQ(family.value(2, family.defaults), row.at_2);
    EXPECT_DOUBLE_EQ(family.value(9, family.defaults), row.at_9);
    EXPECT_DOUBLE_EQ(family.value(15, family.defaults), row.at_15);
    EXPECT_DOUBLE_EQ(family.value(100, family.defaults), row.at_100);
  }
}

TEST(LearningCurves, TheEqualWeightCombinationOfTheDefaultsIsTheSpecs) {
  double at_9 = 0;
  double at_15 = 0;
  for (const CurveFamily& family : curve_families()) {
    at_9 += family.value(9, family.defaults) / 12;
    at_15 += family.value(15, family.defaults) / 12;
  }
  EXPECT_NEAR(at_9, 1.1543379521, 1e-10);
  EXPECT_NEAR(at_15, 1.6949395582, 1e-10);
}

std::vector<double> curve_of(std::size_t n, const std::function<double(double)>& value) {
  std::vector<double> y;
  for (std::size_t i = 1; i <= n; ++i) {
    y.push_back(std::round(value(static_cast<double>(i)) * 1e6) / 1e6);
  }
  return y;
}
double saturating(double x) { return 0.9 - 0.5 * std::exp(-0.3 * x); }
double slow(double x) { return 0.5 - 0.4 * std::pow(x, -0.8); }
double line(double x) { return 0.3 + 0.02 * x; }
double falling(double x) { return 0.8 - 0.03 * x; }

TEST(LearningCurves, AFitFindsTheParametersThatMadeTheCurve) {
  for (std::size_t i = 0; i < curve_families().size(); ++i) {
    const CurveFamily& family = curve_families()[i];
    const std::string name = family.name;
    if (name != "linear" && name != "logx_linear" && name != "pow3" && name != "vap") continue;
    SCOPED_TRACE(name);
    std::vector<double> y;
    const CurveParameters made_with{0.75, 0.25, 0.5, 0};
    for (int x = 1; x <= 12; ++x) y.push_back(family.value(x, made_with));
    const CurveFit fit = fit_curve(family, y);
    EXPECT_TRUE(fit.converged);
    for (std::size_t p = 0; p < family.parameters; ++p) {
      EXPECT_NEAR(fit.parameters[p], made_with[p], 1e-4);
    }
  }
}

TEST(LearningCurves, AFitThatCannotBeMadeKeepsTheDefaults) {
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<std::vector<double>> curves = {{},
                                                   {1},
                                                   {0.5, 0.6},
                                                   {0.1, 0.2, 0.3},
                                                   {0.5, infinity, 0.5, 0.5, 0.5},
                                                   {NAN, NAN, NAN, NAN, NAN, NAN}};
  for (const CurveFamily& family : curve_families()) {
    for (const std::vector<double>& y : curves) {
      const CurveFit fit = fit_curve(family, y);
      EXPECT_TRUE(fit.converged || fit.parameters == family.defaults) << family.name;
      EXPECT_TRUE(!fit.converged || y.size() >= family.parameters) << family.name;
    }
    EXPECT_FALSE(fit_curve(family, curves.back()).converged) << family.name;
  }
  const std::vector<double> rising = curve_of(10, saturating);
  EXPECT_FALSE(fit_curve(curve_families()[9], rising).converged) << "ilog2 has no value at 1";
}

struct PredictionRow {
  const char* name;
  double (*curve)(double);
  std::size_t n;
  std::size_t families;
  double prediction;  // with equal weights: 20 Metropolis rounds move it in the fourth digit
};

TEST(CurveEnsemble, KeepsTheFamiliesThatAnIndependentFitKeeps) {
  const std::vector<PredictionRow> rows = {
      {"saturating", saturating, 8, 7, 0.9483771590442858},
      {"saturating", saturating, 10, 9, 0.9482319840465069},
      {"saturating", saturating, 15, 10, 0.93743591388561},
      {"slow", slow, 6, 5, 0.42437270407085535},
      {"slow", slow, 8, 5, 0.4377881829927984},
      {"slow", slow, 10, 7, 0.4796063876464664},
      {"slow", slow, 15, 9, 0.5098182569637768},
      {"line", line, 8, 4, 0.3967719448558592},
      {"line", line, 15, 9, 0.5365339065672204},
      {"falling", falling, 15, 10, 0.4032591009585193},
  };
  for (const PredictionRow& row : rows) {
    SCOPED_TRACE(std::string(row.name) + " " + std::to_string(row.n));
    const auto prediction = predict_curve(curve_of(row.n, row.curve), 20, RandomStream(1));
    ASSERT_TRUE(prediction.has_value());
    EXPECT_EQ(prediction->families, row.families);
    EXPECT_NEAR(prediction->value, row.prediction, 1e-3);
  }
}

TEST(CurveEnsemble, HasNoPredictionWithFewerThanFourFamilies) {
  EXPECT_FALSE(predict_curve(curve_of(6, saturating), 20, RandomStream(1)).has_value())
      << "three agree";
  EXPECT_FALSE(predict_curve(std::vector<double>{0, 0, 0, 0, 0, 0}, 20, RandomStream(1)))
      << "no squared error is below 0";
}

TEST(CurveEnsemble, IsAFunctionOfTheCurveTheTargetAndTheSeed) {
  const std::vector<double> y = curve_of(10, saturating);
  const double once = predict_curve(y, 20, RandomStream(5))->value;
  EXPECT_EQ(predict_curve(y, 20, RandomStream(5))->value, once);
  EXPECT_NE(predict_curve(y, 20, RandomStream(6))->value, once) << "the weights are sampled";
  EXPECT_NEAR(predict_curve(y, 20, RandomStream(6))->value, once, 1e-3);
}

TEST(CurveEnsemble, SurvivesEveryCurve) {
  const std::vector<std::function<double(double)>> curves = {
      [](double) { return 1e300; },
      [](double x) { return std::fmod(x, 2) == 0 ? 1e300 : -1e300; },
      [](double x) { return std::fmod(x, 2); },
      [](double x) { return x < 4 ? 0.0 : 1.0; },
      [](double x) { return std::exp(x * 20); },
      [](double) { return 1e-300; },
      [](double x) { return -x; },
  };
  for (const auto& curve : curves) {
    for (const std::size_t n : {1U, 2U, 4U, 11U, 30U}) {
      std::vector<double> y;
      for (std::size_t i = 1; i <= n; ++i) y.push_back(curve(static_cast<double>(i)));
      const auto prediction = predict_curve(y, 40, RandomStream(1));
      EXPECT_TRUE(!prediction || std::isfinite(prediction->value));
    }
  }
}

}  // namespace
}  // namespace sweepjob
