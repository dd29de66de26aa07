/** Properties and their checks, conditions, and the wiring of the other packages. */
@NullMarked
package io.mcpsecurity.autoconfigure;

import org.jspecify.annotations.NullMarked;
