#include "runner/app/interrupt_watch.h"

#include <cstddef>

namespace sweepjob {
namespace {

volatile std::sig_atomic_t first_signal = 0;

void remember(int signal) {
  if (first_signal == 0) first_signal = signal;
}

}  // namespace

InterruptWatch::InterruptWatch() {
  first_signal = 0;
  struct sigaction action {};
  action.sa_handler = remember;  // without SA_RESTART: a blocking read is to return
  sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    sigaction(kSignals[i], nullptr, &before_[i]);
    if (before_[i].sa_handler != SIG_IGN) sigaction(kSignals[i], &action, nullptr);
  }
}

InterruptWatch::~InterruptWatch() {
  for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &before_[i], nullptr);
}

int interrupting_signal() { return first_signal; }

}  // namespace sweepjob
