#include "backends/local/open_file_limit.h"
#include "runner/app/background.h"
#include "runner/app/cli/verb.h"

int main(int argc, char** argv) {
  sweepjob::keep_ready_to_ourselves();
  sweepjob::raise_open_file_limit();
  return sweepjob::run_command_line(argc, argv);
}
