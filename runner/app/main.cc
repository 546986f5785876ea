#include "runner/app/cli/verb.h"

int main(int argc, char** argv) { return sweepjob::run_command_line(argc, argv); }
