// SPDX-License-Identifier: BSD-2-Clause
/*
 * exceptions.cpp - a request in C++ that is left while it throws and while it handles exceptions
 */
#include <exception>
#include <stdexcept>
#include <string>

#include "exceptions.h"

namespace {

struct leave {
	void (*fn)(void *arg);
	void *arg;
	void operator()() const { fn(arg); }
};

/* Left in a destructor that an exception runs. */
struct unwinding {
	const leave &go;
	int &wrong;
	~unwinding()
	{
		int before = std::uncaught_exceptions();

		go();
		wrong += before < 1 || std::uncaught_exceptions() != before;
	}
};

std::string name(int value, int depth)
{
	return std::to_string(value) + " at " + std::to_string(depth);
}

/* Text of the exception that "throw;" would throw. */
std::string current()
{
	try {
		throw;
	} catch (const std::runtime_error &e) {
		return e.what();
	} catch (...) {
		return "another type";
	}
}

void nest(int value, int depth, const leave &go, int &wrong)
{
	try {
		unwinding u{go, wrong};

		throw std::runtime_error(name(value, depth));
	} catch (const std::runtime_error &e) {
		go();
		wrong += e.what() != name(value, depth) || std::uncaught_exceptions() != 0;
		if (depth)
			nest(value, depth - 1, go, wrong);
		go();
		wrong += !std::current_exception() || current() != name(value, depth);
	}
}

} // namespace

int exceptions_nest(int value, int depth, void (*fn)(void *arg), void *arg)
{
	int wrong = 0;

	nest(value, depth, leave{fn, arg}, wrong);
	return wrong + (std::current_exception() != nullptr);
}

int exceptions_here(void)
{
	return std::uncaught_exceptions() + (std::current_exception() != nullptr);
}
