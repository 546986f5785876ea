// Asio is compiled once, here (its headers alone cost seconds per file).
#include <boost/asio/impl/src.hpp>
