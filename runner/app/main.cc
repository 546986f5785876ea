#include "backends/local/open_file_limit.h"
#include "runner/app/cli/verb.h"

int main(int argc, char** argv) {
  sweepjob::raise_open_file_limit();
  return sweepjob::run_command_line(argc, argv);
}
