/**
 * The administrator's console: who calls what at the moment, what became of it, by which
 * rules, and whether everything that should work does. It is an audit sink that remembers
 * for a while, and one page that shows what it remembers.
 */
@NullMarked
package io.mcpsecurity.sample.console;

import org.jspecify.annotations.NullMarked;
