/** What a registry takes as the tag of an image. */
export const imageTag = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
