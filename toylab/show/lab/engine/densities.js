export const mixtureLogDensity = () => () => 0;
export const pointsLogDensity = () => () => 0;
