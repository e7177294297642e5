# A text that was led back to its scene without a mark.

reading-named = I have not met this text before. It could have grown from the scene
reading-by-exact =
    { $score ->
        [100] It is this scene's very text.
       *[other] It is this scene's very text, but other scenes have it as well: { $score } % sure.
    }
read-by-model = Named by the model and checked: I expect { $score } % of the atoms to be right.
reading-others = It could also be: { $scenes }.
reading-offer = It is not kept yet: press a form to voice it, or keep it.
reading-keep = Keep it
reading-kept = Kept: { $mark }
