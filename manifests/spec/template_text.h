// Template text cut into pieces: literal text and placeholders. Layer 1; pure; any thread.
// render.cc compiles the trial's command and environment variables with it, once per sweep.
//
//   python t.py --lr ${{ search_space.lr }} $[[--init ${{inputs.init}}]]
//
// A placeholder is ${{ NAME }}, NAME of [A-Za-z0-9_.-], spaces inside the braces allowed; anything
// else between ${{ and }} stays as it stands, as in Azure. $[[ ... ]] is an optional block if it
// holds a placeholder (azure-sweep section 4), else ordinary text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "manifests/spec/shell_text.h"

namespace sweepjob {

struct TemplatePiece {
  std::string text;                      // literal, when `placeholder` is empty
  std::string placeholder;               // "search_space.lr"
  int block = -1;                        // the optional block it stands in; -1: none
  ShellPlace place = ShellPlace::Plain;  // of a placeholder
  std::string reason;                    // why the place is Unsure
};

[[nodiscard]] std::vector<TemplatePiece> parse_template(std::string_view text);

}  // namespace sweepjob
