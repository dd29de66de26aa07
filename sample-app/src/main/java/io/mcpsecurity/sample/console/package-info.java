/**
 * The administrator's console: current calls and their outcomes, the rules, and the
 * health of sinks and authorization servers. It consists of an audit sink that keeps the
 * latest events, and a page that shows them.
 */
@NullMarked
package io.mcpsecurity.sample.console;

import org.jspecify.annotations.NullMarked;
