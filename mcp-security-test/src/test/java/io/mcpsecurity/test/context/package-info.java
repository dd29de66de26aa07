/**
 * Tests of this module, with the application of the documentation.
 */
@NullMarked
package io.mcpsecurity.test.context;

import org.jspecify.annotations.NullMarked;
