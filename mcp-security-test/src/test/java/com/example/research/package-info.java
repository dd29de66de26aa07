/**
 * An application with the starter, and the tests of docs/testing.md.
 */
@NullMarked
package com.example.research;

import org.jspecify.annotations.NullMarked;
